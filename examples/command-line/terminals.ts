/** A screen of a terminal as text. */
export interface Screen {
  readonly title: string
  readonly text: string
}

const [cell, line, margin, bar] = [7.3, 18, 16, 30]

const style = `
    .terminal { --back: #ffffff; --text: #1f2328; --dim: #59636e; --line: #d1d9e0; --fill: #f6f8fa }
    @media (prefers-color-scheme: dark) {
      .terminal { --back: #0d1117; --text: #e6edf3; --dim: #9198a1; --line: #3d444d; --fill: #161b22 }
    }
    .terminal { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
    .back { fill: var(--back) } .window { fill: var(--fill); stroke: var(--line) }
    text { fill: var(--text); white-space: pre } .title { fill: var(--dim) }`

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;")

const linesOf = ({ text }: Screen) => text.trimEnd().split("\n").map((each) => each.trimEnd())

const heightOf = (screen: Screen) => bar + linesOf(screen).length * line + margin

const draw = (screen: Screen, top: number, width: number) => [
  `<rect class="window" x="0.5" y="${top + 0.5}" width="${width - 1}" height="${heightOf(screen) - 1}" rx="6"/>`,
  `<text class="title" x="${margin}" y="${top + 20}">${escaped(screen.title)}</text>`,
  ...linesOf(screen).map((text, index) => {
    const length = text === "" ? "" : ` textLength="${(text.length * cell).toFixed(1)}"`
    return `<text x="${margin}" y="${top + bar + 14 + index * line}"${length}>${escaped(text)}</text>`
  })
]

/** Draws screens below each other. */
export const terminals = (title: string, screens: ReadonlyArray<Screen>): string => {
  const columns = Math.max(...screens.flatMap((screen) => linesOf(screen).map((text) => text.length)))
  const width = Math.ceil(columns * cell) + 2 * margin
  const tops = screens.map((_, index) =>
    screens.slice(0, index).reduce((top, screen) => top + heightOf(screen) + margin, 0)
  )
  const height = tops.at(-1)! + heightOf(screens.at(-1)!)
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="terminal" role="img" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}\n</style>`,
    `<rect class="back" width="${width}" height="${height}" rx="6"/>`,
    ...screens.flatMap((screen, index) => draw(screen, tops[index]!, width)),
    "</svg>\n"
  ].join("\n")
}
