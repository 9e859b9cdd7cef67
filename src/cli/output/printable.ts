/** Text of a model, a container, a service or an argument: control characters could change or fake what a terminal shows. */

// oxlint-disable-next-line no-control-regex
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

const escaped = (character: string): string => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`

/** Text whose control characters, except for line ends and tabs, are visible, such as `\x1b`. */
export const printable = (text: string): string => text.replace(/\r\n/g, "\n").replace(controls, escaped)

// oxlint-disable-next-line no-control-regex
const laterControls = /[\u007f-\u009f]/g

/** A value as one line of JSON. `JSON.stringify` escapes only the control characters below U+0020. */
export const jsonLine = (value: unknown): string =>
  `${
    JSON.stringify(value).replace(
      laterControls,
      (character) => `\\u00${character.charCodeAt(0).toString(16)}`
    )
  }\n`

// oxlint-disable-next-line no-control-regex
const colors = /(\u001b\[[0-9;]*m)/

/** Printable text with or without the escape sequences of its colours. Other escape sequences are visible. */
export const withColors = (text: string, hasColors: boolean): string =>
  text.split(colors).map((part, index) => {
    const isColor = index % 2 === 1
    const color = hasColors ? part : ""
    return isColor ? color : printable(part)
  }).join("")
