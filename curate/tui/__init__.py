"""Full screens in the terminal, made with Textual: each is loaded only by the command that shows it."""
