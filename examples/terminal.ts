import { Console, Effect, Ref } from "effect"
import { WriteStream } from "node:tty"
import { styleText } from "node:util"

type Style = Parameters<typeof styleText>[0]

const coloured = (process.stdout.isTTY || process.env["FORCE_COLOR"] !== undefined) && WriteStream.prototype.hasColors()

export const paint = (style: Style, text: string) => (coloured ? styleText(style, text) : text)

export const write = (text: string) => Effect.sync(() => void process.stdout.write(text))

export const heading = (text: string) => Console.log(`\n${paint("bold", text)}`)

export const code = (source: string) => Console.log(paint("cyan", source.replaceAll(/^/gm, "  ")))

const label = (name: string) => `  ${paint("dim", name.padEnd(20))}`

export const row = (name: string, value: string | number) => Console.log(`${label(name)}${value}`)

export const failure = (error: { readonly _tag: string; readonly message: string }) =>
  Console.log(`${label("failed")}${paint("red", error._tag)}  ${error.message}`)

const indent = 22
const width = 88

/** Writes pieces of text as they arrive and starts a new, indented line before a word that does not fit. */
export const writer = (name: string) =>
  Effect.gen(function*() {
    yield* write(label(name))
    const column = yield* Ref.make(indent)
    return (text: string) =>
      Effect.flatMap(Ref.get(column), (used) =>
        used + text.length > width
          ? Effect.zipRight(
            write(`\n${" ".repeat(indent)}${text.trimStart()}`),
            Ref.set(column, indent + text.trimStart().length)
          )
          : Effect.zipRight(write(text), Ref.set(column, used + text.length)))
  })
