/** The script of the browser page. It inserts data with `textContent` only, so that none is interpreted as HTML. */
export const script = (tokenHeader: string): string =>
  `"use strict"
const find = (id) => document.getElementById(id)
const token = document.querySelector("meta[name=token]").content
const request = (path, options = {}) =>
  fetch("/_emulator/" + path, { ...options, headers: { ${JSON.stringify(tokenHeader)}: token } })
const element = (name, text, className = "") => {
  const made = document.createElement(name)
  made.textContent = text
  made.className = className
  return made
}
const row = (...cells) => {
  const made = document.createElement("tr")
  made.append(...cells)
  return made
}
const textOf = (part) => "text" in part ? part.text : "[base64] " + part.base64
const bytes = (count) => count < 1024 ? count + " B"
  : count < 1048576 ? (count / 1024).toFixed(1) + " KiB" : (count / 1048576).toFixed(1) + " MiB"
const checked = async (response) => {
  if (!response.ok) throw new Error(await response.text())
  return response
}

const payloadText = (title, payload) => payload === undefined ? title + ": not recorded\\n"
  : title + " (" + bytes(payload.size) + (payload.contentType ? ", " + payload.contentType : "") + ")"
    + (payload.isCut ? ", the first bytes" : "") + ":\\n" + payload.parts.map(textOf).join("") + "\\n"
const showPayloads = async (id) => {
  const shown = find("payloads")
  try {
    const { request: sent, response } = await (await checked(await request("payloads?id=" + id))).json()
    shown.textContent = payloadText("Request", sent) + "\\n" + payloadText("Response", response)
  } catch (error) {
    shown.textContent = String(error.message)
  }
  shown.hidden = false
  shown.focus()
}

const endpointRow = ({ isAsync, isBidirectional, name, url }) => row(
  element("td", name),
  element("td", (isAsync ? "asynchronous requests" : "requests, streams, asynchronous requests")
    + (isBidirectional ? ", bidirectional streams" : "")),
  element("td", url ?? "none"))
const statusOf = ({ error, isBroken, status, duration }) => {
  const text = status === undefined ? (duration === undefined ? "in progress" : "interrupted")
    : status + (error ? " " + error : "") + (isBroken ? ", interrupted" : duration === undefined ? ", in progress" : "")
  return element("td", text, status >= 400 || isBroken ? "bad" : "")
}
const requestRow = (entry) => {
  const payloads = element("td", "")
  if (entry.hasPayloads) {
    const button = element("button", "Show")
    button.setAttribute("aria-label", "Show the payloads of request " + entry.id)
    button.dataset.id = entry.id
    payloads.append(button)
  }
  return row(
    element("td", new Date(entry.time).toLocaleTimeString(), "short"),
    element("td", entry.endpoint),
    element("td", entry.operation + (entry.isFromPage ? " (page)" : ""), "short"),
    statusOf(entry),
    element("td", entry.duration === undefined ? "" : entry.duration.toFixed(0) + " ms", "number"),
    element("td", bytes(entry.requestBytes), "number"),
    element("td", bytes(entry.responseBytes), "number"),
    payloads)
}
const shown = {}
const replace = (id, value, makeRow) => {
  const text = JSON.stringify(value)
  if (shown[id] === text) return
  shown[id] = text
  const focused = document.activeElement?.dataset.id
  find(id).replaceChildren(...value.map(makeRow))
  if (focused !== undefined) find(id).querySelector("[data-id='" + Number(focused) + "']")?.focus()
}
const refresh = async () => {
  try {
    const state = await (await checked(await request("state"))).json()
    replace("endpoints", state.endpoints, endpointRow)
    replace("endpoint", state.endpoints, ({ name }) => element("option", name))
    replace("requests", state.requests, requestRow)
    find("recording").checked = state.isRecording
    if (find("status").dataset.kind === "connection") find("status").textContent = ""
  } catch (error) {
    find("status").dataset.kind = "connection"
    find("status").textContent = error instanceof TypeError ? "The emulator does not respond." : String(error.message)
  }
}

const lines = async function*(body) {
  let rest = ""
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const parts = (rest + next.value).split("\\n")
    rest = parts.pop()
    yield* parts.map((part) => JSON.parse(part))
  }
}
const report = (text) => {
  find("status").dataset.kind = "request"
  find("status").textContent = text
}
let sending
const send = async () => {
  const query = new URLSearchParams()
  for (const name of ["endpoint", "operation", "contentType", "accept", "customAttributes"]) {
    query.set(name, find(name).value)
  }
  const output = find("response")
  output.textContent = ""
  output.hidden = false
  sending = new AbortController()
  find("send").disabled = true
  find("stop").disabled = false
  const started = performance.now()
  report("Sending")
  try {
    const body = find("file").files[0] ?? find("body").value
    const response = await checked(await request("send?" + query, { method: "POST", body, signal: sending.signal }))
    let end = "interrupted"
    for await (const value of lines(response.body)) {
      if ("status" in value) {
        report("Status " + value.status)
        const headers = Object.entries(value.headers).map(([name, text]) => name + ": " + text).join("\\n")
        output.append(element("b", "HTTP " + value.status), "\\n" + headers + "\\n\\n")
        end = value.status
      } else if ("end" in value) {
        end += value.end === "complete" ? "" : ", interrupted"
      } else {
        output.append(textOf(value))
      }
    }
    report("Status " + end + " after " + (performance.now() - started).toFixed(0) + " ms")
  } catch (error) {
    report(error.name === "AbortError" ? "Stopped" : String(error.message))
  }
  find("send").disabled = false
  find("stop").disabled = true
  refresh()
}

find("form").addEventListener("submit", (event) => {
  event.preventDefault()
  if (!find("send").disabled) send()
})
find("body").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) find("form").requestSubmit()
})
find("stop").addEventListener("click", () => sending.abort())
find("requests").addEventListener("click", ({ target }) => {
  if (target.dataset.id !== undefined) showPayloads(Number(target.dataset.id))
})
find("recording").addEventListener("change", async ({ target }) => {
  await request("recording?on=" + target.checked, { method: "POST" }).catch(() => undefined)
  refresh()
})
const repeat = async () => {
  if (!document.hidden) await refresh()
  setTimeout(repeat, 1000)
}
repeat()
`
