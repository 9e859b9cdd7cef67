/** The results of a load test as values, a table and a plot. */
import * as histogram from "./histogram.ts"
import type { Load, Measurements } from "./step.ts"

/** The results of a step. Times are in milliseconds. */
export interface Result {
  readonly load: string
  readonly calls: number
  readonly failed: number
  readonly perSecond: number
  readonly p50: number | undefined
  readonly p90: number | undefined
  readonly p99: number | undefined
  readonly max: number | undefined
  readonly firstChunkP50: number | undefined
  readonly errors: Readonly<Record<string, number>>
}

const labelOf = (load: Load): string => load._tag === "Rate" ? `${load.perSecond}/s` : `${load.workers}`

const rounded = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.round(value * 10) / 10

/** The results of a step. */
export const resultOf = ({ elapsed, errors, firstChunk, latency, load }: Measurements): Result => {
  const failed = [...errors.values()].reduce((sum, count) => sum + count, 0)
  const at = (share: number) => rounded(histogram.quantile(latency, share))
  return {
    load: labelOf(load),
    calls: latency.total + failed,
    failed,
    perSecond: Math.round(latency.total / elapsed * 10_000) / 10,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: at(1),
    firstChunkP50: rounded(histogram.quantile(firstChunk, 0.5)),
    errors: Object.fromEntries(errors)
  }
}

const columns = (
  unit: string,
  stream: boolean
): ReadonlyArray<readonly [string, (result: Result) => string | number | undefined]> => [
  [unit, ({ load }) => load],
  ["calls", ({ calls }) => calls],
  ["failed", ({ failed }) => failed],
  ["calls/s", ({ perSecond }) => perSecond],
  ["p50 ms", ({ p50 }) => p50],
  ["p90 ms", ({ p90 }) => p90],
  ["p99 ms", ({ p99 }) => p99],
  ["max ms", ({ max }) => max],
  ...(stream ? [["first p50 ms", ({ firstChunkP50 }: Result) => firstChunkP50] as const] : [])
]

/** The results as a table, with the errors of all steps below. */
export const table = (results: ReadonlyArray<Result>, unit: string, stream: boolean): string => {
  const shown = columns(unit, stream)
  const rows = [shown.map(([title]) => title), ...results.map((each) => shown.map(([, of]) => String(of(each) ?? "-")))]
  const widths = shown.map((_, index) => Math.max(...rows.map((row) => (row[index] ?? "").length)))
  const lines = rows.map((row) => row.map((cell, index) => cell.padStart(widths[index] ?? 0)).join("  "))
  const errors = results.flatMap(({ errors: counts, load }) =>
    Object.entries(counts).map(([tag, count]) => `${load}: ${tag} ${count}`)
  )
  return `${[...lines, ...(errors.length === 0 ? [] : ["", "Errors:", ...errors])].join("\n")}\n`
}

const series = [["p50", "#4c78a8"], ["p90", "#f58518"], ["p99", "#e45756"]] as const

const [top, left, height, step] = [40, 75, 240, 90]

/** The distance between two lines of the grid: 1, 2 or 5 times a power of ten, for at most five lines. */
const gridStep = (max: number): number => {
  const power = 10 ** Math.floor(Math.log10(max / 5))
  return ([1, 2, 5].find((factor) => factor * power >= max / 5) ?? 10) * power
}

const text = (x: number, y: number, content: string, anchor = "middle"): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" font-family="sans-serif" font-size="12">${content}</text>`

const coordinate = (value: number): number => Number(value.toPrecision(6))

const grid = (distance: number, lines: number, width: number): ReadonlyArray<string> =>
  Array.from({ length: lines + 1 }, (_, index) => {
    const y = top + height - index / lines * height
    return `<line x1="${left - 5}" x2="${width}" y1="${coordinate(y)}" y2="${coordinate(y)}" stroke="#ddd"/>`
      + text(left - 10, coordinate(y + 4), `${coordinate(index * distance)} ms`, "end")
  })

const bars = (result: Result, index: number, max: number): ReadonlyArray<string> => {
  const start = left + 10 + index * step
  const drawn = series.map(([name, color], position) => {
    const value = result[name] ?? 0
    const size = coordinate(value / max * height)
    return `<rect x="${start + position * 22}" y="${
      coordinate(top + height - size)
    }" width="20" height="${size}" fill="${color}">`
      + `<title>${name} ${value} ms</title></rect>`
  })
  return [...drawn, text(start + 32, top + height + 18, result.load)]
}

const legend = series.flatMap(([name, color], index) => [
  `<rect x="${left + index * 55}" y="10" width="12" height="12" fill="${color}"/>`,
  text(left + 17 + index * 55, 20, name, "start")
])

/** The percentiles of each step as bars. Times are in milliseconds. */
export const svg = (results: ReadonlyArray<Result>, unit: string): string => {
  const width = Math.max(left + step * results.length + 10, 260)
  const highest = Math.max(1, ...results.map(({ p99 }) => p99 ?? 0))
  const distance = gridStep(highest)
  const lines = Math.ceil(highest / distance)
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top + height + 45}">\n${
    [
      `<rect width="100%" height="100%" fill="white"/>`,
      ...legend,
      ...grid(distance, lines, width - 10),
      ...results.flatMap((result, index) => bars(result, index, lines * distance)),
      text((left + width) / 2, top + height + 38, unit)
    ].join("\n")
  }\n</svg>\n`
}
