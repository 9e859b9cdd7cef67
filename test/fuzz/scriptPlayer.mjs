/** A TCP server in a worker thread. It plays a script on each connection, whatever the client sends. */
import { createServer } from "node:net"
import { parentPort } from "node:worker_threads"

/** A worker thread has no origin. */
// oxlint-disable-next-line unicorn/require-post-message-target-origin
const send = (message) => parentPort.postMessage(message)

/** @type {{ waitForRequest: boolean, actions: ReadonlyArray<readonly [string, (Uint8Array | number)?]> }} */
let script = { waitForRequest: true, actions: [] }
const sockets = new Set()

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

const steps = {
  write: (socket, bytes) => void socket.write(bytes),
  wait: (_, millis) => sleep(millis),
  end: (socket) => void socket.end(),
  reset: (socket) => void socket.resetAndDestroy()
}

const play = (socket, actions) =>
  actions.reduce(
    (previous, [action, value]) => previous.then(() => socket.destroyed ? undefined : steps[action](socket, value)),
    Promise.resolve()
  )

const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket)
  socket.on("error", () => {})
  socket.on("close", () => sockets.delete(socket))
  if (!script.waitForRequest) {
    void play(socket, script.actions)
    socket.resume()
    return
  }
  let hasRequest = false
  let received = ""
  socket.on("data", (chunk) => {
    received = (received + chunk.toString("latin1")).slice(-65_536)
    if (!hasRequest && received.includes("\r\n\r\n")) {
      hasRequest = true
      void play(socket, script.actions).finally(() => {
        hasRequest = false
        received = ""
      })
    }
  })
})

server.listen(0, "127.0.0.1", () => send({ port: server.address().port }))

parentPort.on("message", ({ ask, next }) => {
  if (next !== undefined) {
    script = next
    send({ ready: true })
  } else if (ask === "connections") {
    send({ connections: sockets.size })
  }
})
