/** Answers every request with 200 bytes, in a process of its own. */
import { createServer } from "node:http"

const answer = Buffer.alloc(200, "a")

const server = createServer((request, response) => {
  request.on("data", () => {})
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": answer.length })
    response.end(answer)
  })
})

server.listen(0, "127.0.0.1", () => process.send({ url: `http://127.0.0.1:${server.address().port}` }))
process.on("disconnect", () => process.exit())
