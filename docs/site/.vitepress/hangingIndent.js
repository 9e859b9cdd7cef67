/** Marks each line of code with its indentation, so that a line that wraps continues below its own start. */
const textOf = (node) => node.type === "text" ? node.value : (node.children ?? []).map(textOf).join("")

export const hangingIndent = {
  name: "hanging-indent",
  line(node) {
    const indent = /^ */.exec(textOf(node))[0].length
    node.properties.style = `--indent:${indent + 2}ch`
  }
}
