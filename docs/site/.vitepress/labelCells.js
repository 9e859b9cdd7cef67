/** Gives each cell of a table the text of its column's head, which a narrow screen shows beside the cell. */
const columnHeads = (tokens, start) => {
  const heads = []
  for (let index = start; tokens[index].type !== "thead_close"; index++) {
    if (tokens[index].type === "th_open") {
      heads.push(tokens[index + 1].content.replace(/[`*]/g, ""))
    }
  }
  return heads
}

export const labelCells = (markdown) => {
  markdown.core.ruler.push("label_cells", ({ tokens }) => {
    let heads = []
    let column = 0
    tokens.forEach((token, index) => {
      if (token.type === "table_open") {
        heads = columnHeads(tokens, index)
      } else if (token.type === "tr_open") {
        column = 0
      } else if (token.type === "td_open") {
        token.attrSet("data-label", heads[column++] ?? "")
      }
    })
  })
}
