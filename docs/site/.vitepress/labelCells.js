/**
 * Gives each cell of a table the text of its column head, which a narrow screen shows beside the cell. The content of
 * the cell becomes one element, so that it can be one column of a grid.
 */
const columnHeads = (tokens, start) => {
  const heads = []
  for (let index = start; tokens[index].type !== "thead_close"; index++) {
    if (tokens[index].type === "th_open") {
      heads.push(tokens[index + 1].content.replace(/[`*]/g, ""))
    }
  }
  return heads
}

const html = (Token, content) => Object.assign(new Token("html_inline", "", 0), { content })

const wrapContent = (Token, { children }) => {
  if (children.length > 0) {
    children.unshift(html(Token, "<span>"))
    children.push(html(Token, "</span>"))
  }
}

export const labelCells = (markdown) => {
  markdown.core.ruler.push("label_cells", ({ Token, tokens }) => {
    let heads = []
    let column = 0
    tokens.forEach((token, index) => {
      if (token.type === "table_open") {
        heads = columnHeads(tokens, index)
      } else if (token.type === "tr_open") {
        column = 0
      } else if (token.type === "td_open") {
        token.attrSet("data-label", heads[column++] ?? "")
        wrapContent(Token, tokens[index + 1])
      }
    })
  })
}
