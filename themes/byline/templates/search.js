(() => {
  const form = document.querySelector("form"), field = form.querySelector("[type=search]");
  const status = document.getElementById("status"), list = document.getElementById("found");
  const plain = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const most = 50;
  let posts, typing;

  const show = found => {
    list.replaceChildren(...found.slice(0, most).map(post => {
      const item = document.createElement("li"), link = document.createElement("a"), about = document.createElement("span");
      link.href = "../" + post.url;
      link.textContent = post.title;
      about.className = "meta";
      about.textContent = post.tags.join(", ");
      item.append(link, " ", about);
      return item;
    }));
    list.hidden = !found.length;
  };

  const search = async () => {
    const words = plain(field.value).split(/\s+/).filter(Boolean);
    if (!words.length) { show([]); status.textContent = ""; return; }
    if (!posts) {
      try {
        posts = await (await fetch("../index.json")).json();
        for (const post of posts) post.text = plain([post.title, post.summary, ...post.tags].join(" "));
      } catch { status.textContent = "The index did not come. Try again, or look into the archive."; return; }
    }
    const found = posts.filter(post => words.every(word => post.text.includes(word)));
    show(found);
    status.textContent = !found.length ? `No post contains “${field.value.trim()}”. Try the archive.`
      : (found.length === 1 ? "1 post" : `${found.length} posts`) + " found" + (found.length > most ? `, the newest ${most} are shown.` : ".");
  };

  form.addEventListener("submit", event => { event.preventDefault(); search(); });
  field.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(search, 150); });
  const asked = new URLSearchParams(location.search).get(field.name);
  if (asked) { field.value = asked; search(); }
})();
