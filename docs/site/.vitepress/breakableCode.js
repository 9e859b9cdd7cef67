/** Lets a long name in inline code break at its words, so that it fits a column of a table or a narrow screen. */
const longText = /(?<=>)[^<]{17,}(?=<)/
const wordEnd = /(?<=[._/,(])(?=\w)|(?<=[a-z])(?=[A-Z])/g

export const breakableCode = (markdown) => {
  const { code_inline: render } = markdown.renderer.rules
  markdown.renderer.rules.code_inline = (...parameters) =>
    render(...parameters).replace(longText, (text) => text.replace(wordEnd, "<wbr>"))
}
