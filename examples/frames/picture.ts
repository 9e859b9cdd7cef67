import type { InvokeEndpointWithBidirectionalStream as Bidirectional } from "effect-sagemaker-runtime"
import { type Frame, readFrames } from "./frame.ts"
import type { RecordedEvent } from "./recording.ts"

const width = 800
const [left, right] = [250, 550]
const line = 34

const style = `
    .frames { --back: #ffffff; --text: #1f2328; --dim: #59636e; --line: #d1d9e0; --sent: #4a7fd6; --received: #2f9e5f; --chain: #b35900; --fill: #f6f8fa }
    @media (prefers-color-scheme: dark) {
      .frames { --back: #0d1117; --text: #e6edf3; --dim: #9198a1; --line: #3d444d; --sent: #6ba1f5; --received: #4cc380; --chain: #f0a04b; --fill: #161b22 }
    }
    .frames { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
    .back { fill: var(--back) } text { fill: var(--text); white-space: pre } .dim { fill: var(--dim); font-size: 11px }
    .axis { stroke: var(--line); stroke-width: 2 } .sent { stroke: var(--sent); fill: var(--sent) }
    .received { stroke: var(--received); fill: var(--received) } .chain { stroke: var(--chain); fill: none }
    .signature { fill: var(--chain); font-size: 11px } .cell { fill: var(--fill); stroke: var(--line) }`

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll("\"", "&quot;")

const text = (x: number, y: number, content: string, attributes = "") =>
  `<text x="${x}" y="${y}"${attributes}>${escaped(content)}</text>`

const middle = ` text-anchor="middle"`
const dim = ` class="dim"`

interface Arrow {
  readonly isSent: boolean
  readonly title: string
  readonly detail: string
}

const payloadText = (bytes: Uint8Array, type: unknown) =>
  type === "UTF8" ? new TextDecoder().decode(bytes) : `${bytes.length} bytes of audio`

const describe = (type: unknown, state: unknown) => `${String(type)}, ${String(state)}`

const sentArrow = (frame: Frame): Arrow => {
  const [part] = readFrames(frame.payload)
  return part === undefined
    ? { isSent: true, title: "empty frame, END_STREAM", detail: "end of the request" }
    : {
      isSent: true,
      title: payloadText(part.payload, part.headers["DataType"]),
      detail: describe(part.headers["DataType"], part.headers["CompletionState"])
    }
}

const receivedArrow = ({ Bytes, CompletionState, DataType }: Bidirectional.ResponsePart): Arrow => ({
  isSent: false,
  title: payloadText(Bytes, DataType),
  detail: describe(DataType, CompletionState)
})

const arrowsOf = (events: ReadonlyArray<RecordedEvent>): ReadonlyArray<Arrow> => [
  { isSent: true, title: "HEADERS", detail: "POST /endpoints/voice/…" },
  { isSent: false, title: "HEADERS", detail: "status 200" },
  ...events.map((event) => (event.isSent ? sentArrow(event.frame) : receivedArrow(event.part))),
  { isSent: false, title: "END_STREAM", detail: "" }
]

const drawArrow = ({ detail, isSent, title }: Arrow, y: number): ReadonlyArray<string> => {
  const [from, to, kind] = isSent ? [left, right, "sent"] : [right, left, "received"]
  const tip = isSent ? -8 : 8
  return [
    `<path class="${kind}" d="M${from},${y}H${to}l${tip},-4v8l${-tip},-4"/>`,
    text((left + right) / 2, y - 6, title, middle),
    isSent ? text(left - 16, y + 4, detail, `${dim} text-anchor="end"`) : text(right + 16, y + 4, detail, dim)
  ]
}

/** Each signature depends on the one before it. */
const drawSignatures = (ys: ReadonlyArray<number>): ReadonlyArray<string> =>
  ys.flatMap((y, index) => [
    text(right + 16, y + 4, `signature ${index}`, ` class="signature"`),
    ...(index === 0 ? [] : [`<path class="chain" d="M${right + 96},${ys[index - 1]!}h24V${y}h-22l6,-3v6l-6,-3"/>`])
  ])

interface Cell {
  readonly name: string
  readonly bytes: number
  readonly width: number
}

const drawCells = (cells: ReadonlyArray<Cell>, x: number, y: number): ReadonlyArray<string> => {
  let at = x
  return cells.flatMap(({ bytes, name, width }) => {
    const center = at + width / 2
    const start = at
    at += width
    return [
      `<rect class="cell" x="${start}" y="${y}" width="${width}" height="26"/>`,
      text(center, y + 17, name, middle),
      text(center, y + 40, `${bytes}`, `${dim}${middle}`)
    ]
  })
}

const prelude = (wide: number): Cell => ({ name: "lengths, CRC", bytes: 12, width: wide })
const checksum: Cell = { name: "CRC", bytes: 4, width: 42 }

const drawAnatomy = (frame: Frame, top: number): ReadonlyArray<string> => {
  const [part] = readFrames(frame.payload)
  const inner = part!
  return [
    text(16, top, `A signed frame of ${frame.totalBytes} bytes`),
    ...drawCells(
      [
        prelude(110),
        { name: ":date  :chunk-signature", bytes: frame.headerBytes, width: 190 },
        { name: "payload: a PayloadPart event", bytes: frame.payload.length, width: 424 },
        checksum
      ],
      16,
      top + 12
    ),
    `<path class="axis" d="M316,${top + 58}V${top + 70}M740,${top + 58}V${top + 70}" stroke-dasharray="2 3"/>`,
    ...drawCells(
      [
        prelude(100),
        { name: ":event-type … CompletionState", bytes: inner.headerBytes, width: 216 },
        { name: "Bytes", bytes: inner.payload.length, width: 66 },
        checksum
      ],
      316,
      top + 72
    )
  ]
}

/** Draws the frames of a call, and the parts of its first signed frame. */
export const picture = (events: ReadonlyArray<RecordedEvent>): string => {
  const arrows = arrowsOf(events)
  const ys = arrows.map((_, index) => 66 + index * line)
  const end = ys.at(-1)! + 16
  const height = end + 156
  const signed = events.find((event) => event.isSent)!
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="frames" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    "<title>The frames of a bidirectional stream</title>",
    `<style>${style}\n</style>`,
    `<rect class="back" width="${width}" height="${height}" rx="6"/>`,
    text(left, 28, "client", middle),
    text(right, 28, "SageMaker Runtime", middle),
    `<path class="axis" d="M${left},38V${end}M${right},38V${end}"/>`,
    ...arrows.flatMap((arrow, index) => drawArrow(arrow, ys[index]!)),
    ...drawSignatures(ys.filter((_, index) => arrows[index]!.isSent)),
    ...drawAnatomy(signed.frame, end + 34),
    "</svg>\n"
  ].join("\n")
}
