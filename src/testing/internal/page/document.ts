/** The HTML document of the browser page. It contains no data: the script requests them and inserts them as text. */
import { tokenHeader } from "./route.ts"
import { script } from "./script.ts"

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --bad: #c33; font: 15px/1.45 system-ui, sans-serif }
@media (prefers-color-scheme: dark) { :root { --bad: #f88 } }
body { margin: 0 auto; max-width: 70rem; padding: 1rem }
h1 { font-size: 1.3rem } h2 { font-size: 1.05rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .5rem; text-align: left; vertical-align: top }
td { overflow-wrap: anywhere } .short { overflow-wrap: normal; white-space: nowrap } .number { text-align: right; white-space: nowrap } .bad { color: var(--bad) }
form { display: grid; gap: .6rem 1rem; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)) } .field > * { min-width: 0 }
.field { display: grid; gap: .2rem } .line { align-items: center; display: flex; gap: .5rem }
.wide { grid-column: 1 / -1 }
input, select, textarea, button { font: inherit; padding: .3rem } textarea { font-family: ui-monospace, monospace }
pre { background: var(--soft); margin: .5rem 0; max-height: 30rem; overflow: auto; padding: .6rem; white-space: pre-wrap;
  overflow-wrap: anywhere }
`

const field = (id: string, label: string, control: string, className = "field"): string =>
  `<div class="${className}"><label for="${id}">${label}</label>${control}</div>`

/** The document. The nonce allows its script and its style, and the token allows its requests. */
export const document = (nonce: string, token: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="token" content="${token}">
<title>SageMaker Runtime emulator</title>
<style nonce="${nonce}">${style}</style>
</head>
<body>
<h1>SageMaker Runtime emulator</h1>
<h2 id="endpoints-title">Endpoints</h2>
<table aria-labelledby="endpoints-title">
<thead><tr><th>Name<th>Operations<th>Container</thead>
<tbody id="endpoints"></tbody>
</table>
<h2>Send a request</h2>
<form id="form">
${field("endpoint", "Endpoint", `<select id="endpoint" required></select>`)}
${
    field(
      "operation",
      "Operation",
      `<select id="operation"><option>InvokeEndpoint<option>InvokeEndpointWithResponseStream<option>InvokeEndpointAsync` +
        "</select>"
    )
  }
${field("contentType", "Content type", `<input id="contentType" value="application/json" maxlength="1024">`)}
${field("accept", "Accept", `<input id="accept" maxlength="1024">`)}
${field("customAttributes", "Custom attributes", `<input id="customAttributes" maxlength="1024">`)}
${field("file", "File in place of the body", `<input id="file" type="file">`)}
${field("body", "Body", `<textarea id="body" rows="6" spellcheck="false">{}</textarea>`, "field wide")}
<div class="wide"><button id="send">Send</button> <button id="stop" type="button" disabled>Stop</button>
<span id="status" role="status"></span></div>
</form>
<pre id="response" tabindex="0" aria-label="Response" hidden></pre>
<h2 id="requests-title">Last requests</h2>
<label class="line"><input id="recording" type="checkbox"> Record payloads (the first 32 KiB of each)</label>
<table aria-labelledby="requests-title">
<thead><tr><th>Time<th>Endpoint<th>Operation<th>Status<th class="number">Duration<th class="number">Request
<th class="number">Response<th>Payloads</thead>
<tbody id="requests"></tbody>
</table>
<pre id="payloads" tabindex="0" aria-label="Payloads" hidden></pre>
<script nonce="${nonce}">${script(tokenHeader)}</script>
</body>
</html>
`
