// Run the reference Bluesky server and an identity directory for it, on loopback alone.
//
//   node run-pds.mjs PDS_PORT PLC_PORT FOLDER
//
// FOLDER takes the data and must be fresh: the directory lives in memory, so an account cannot
// outlast this process. Prints "ready" when both answer. Ends on SIGTERM, SIGINT, or when standard
// input closes, which it does when the test run dies.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const [pdsPort, plcPort, folder] = process.argv.slice(2)
const blobs = path.join(folder, 'blobs')
mkdirSync(blobs, { recursive: true })

const secret = () => randomBytes(32).toString('hex')
Object.assign(process.env, {
  PDS_PORT: pdsPort,
  PDS_HOSTNAME: 'localhost', // makes its own address plain http, and handles end in .test
  PDS_DEV_MODE: 'true',
  PDS_DATA_DIRECTORY: folder,
  PDS_BLOBSTORE_DISK_LOCATION: blobs,
  PDS_DID_PLC_URL: `http://127.0.0.1:${plcPort}`,
  PDS_INVITE_REQUIRED: 'false',
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: secret(),
  PDS_JWT_SECRET: secret(),
  PDS_DPOP_SECRET: secret(),
  PDS_ADMIN_PASSWORD: secret(),
  LOG_ENABLED: 'true',
  LOG_LEVEL: 'warn',
})

// Both servers would listen on every interface; what runs for a test is nobody else's business.
const onLoopback = (app) => {
  const listen = app.listen.bind(app)
  app.listen = (port, ...rest) => listen(port, '127.0.0.1', ...rest)
}

const { PlcServer, MockDatabase } = createRequire(import.meta.url)('@did-plc/server')
const plc = PlcServer.create({ db: new MockDatabase(), port: Number(plcPort) })
onLoopback(plc.app)
await plc.start()

const { PDS, envToCfg, envToSecrets, readEnv } = await import('@atproto/pds') // reads the environment set above
const settings = readEnv()
const pds = await PDS.create(envToCfg(settings), envToSecrets(settings))
onLoopback(pds.app)
await pds.start()

let ending = false
const end = async () => {
  if (ending) return
  ending = true
  await pds.destroy()
  await plc.destroy()
  process.exit(0)
}
process.once('SIGTERM', end)
process.once('SIGINT', end)
process.stdin.on('end', end).resume()
console.log('ready')
