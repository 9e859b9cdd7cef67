/** Formats TypeScript for the width of a page, in the style of `dprint.json`. */
import { createFromBuffer } from "@dprint/formatter"
import { getPath } from "@dprint/typescript"
import { readFileSync } from "node:fs"

/** The characters that fit on one line of a code block at a window width of 1280 pixels. */
export const lineWidth = 72

const { indentWidth, typescript } = JSON.parse(readFileSync(new URL("../../dprint.json", import.meta.url), "utf8"))

const formatter = createFromBuffer(readFileSync(getPath()))
formatter.setConfig({ indentWidth, lineWidth }, typescript)

const wrap = (text, width) => {
  const lines = [""]
  for (const word of text.split(/\s+/)) {
    const line = lines[lines.length - 1]
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(word)
    } else {
      lines[lines.length - 1] = line === "" ? word : `${line} ${word}`
    }
  }
  return lines
}

const wrapComment = (comment, indent, text) => {
  if (comment.split("\n").every((line) => line.length <= lineWidth)) {
    return comment
  }
  const body = text
    .replace(/^\s*\* ?/gm, "")
    .trim()
    .split(/\n\s*\n|\n(?=- |@)/)
    .map((paragraph) => wrap(paragraph, lineWidth - indent.length - 3).join("\n"))
    .join("\n\n")
    .replace(/^/gm, `${indent} * `)
    .replace(/ +$/gm, "")
  return `${indent}/**\n${body}\n${indent} */`
}

export const wrapComments = (code) => code.replace(/^( *)\/\*\*([\s\S]*?)\*\//gm, wrapComment)

/** A fragment that is no complete program stays as it is. */
export const formatCode = (code, { filePath = "page.ts", width = lineWidth } = {}) => {
  try {
    return formatter.formatText({ filePath, fileText: code, overrideConfig: { lineWidth: width } })
  } catch {
    return code
  }
}

export const formatSignature = (code) => wrapComments(formatCode(code, { filePath: "signature.d.ts" })).trimEnd()
