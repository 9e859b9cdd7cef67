/** A TCP server in a worker thread. It plays a script on each connection, whatever the client sends. */
import { createServer } from "node:net"
import { parentPort } from "node:worker_threads"

/** @type {{ waitForRequest: boolean, actions: ReadonlyArray<readonly [string, (Uint8Array | number)?]> }} */
let script = { waitForRequest: true, actions: [] }
const sockets = new Set()

const sleep = (millis) => new Promise((resolve) => setTimeout(resolve, millis))

const play = async (socket, actions) => {
  for (const [action, value] of actions) {
    if (socket.destroyed) {
      return
    }
    if (action === "write") {
      socket.write(value)
    } else if (action === "wait") {
      await sleep(value)
    } else if (action === "end") {
      socket.end()
    } else if (action === "reset") {
      socket.resetAndDestroy()
    }
  }
}

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
      void play(socket, script.actions).then(() => {
        hasRequest = false
        received = ""
      })
    }
  })
})

server.listen(0, "127.0.0.1", () => parentPort.postMessage({ port: server.address().port }))

parentPort.on("message", ({ ask, next }) => {
  if (next !== undefined) {
    script = next
    parentPort.postMessage({ ready: true })
  } else if (ask === "connections") {
    parentPort.postMessage({ connections: sockets.size })
  }
})
