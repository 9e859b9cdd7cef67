import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { Chat, Codec, Framing, type SageMakerError, Tokens } from "effect-sagemaker-runtime"

const encoder = new TextEncoder()

interface Tree {
  readonly children: ReadonlyArray<Tree>
}

const Tree: Schema.Schema<Tree> = Schema.Struct({ children: Schema.Array(Schema.suspend(() => Tree)) })

const tree = Codec.json(Tree)

/** JSON text with so many levels: a tree has two per generation. */
const nested = (levels: number) => `${"{\"children\":[".repeat(levels / 2)}{"children":[]}${"]}".repeat(levels / 2)}`

const decode = <A>(codec: Codec.Codec<A>, text: string) => Effect.asVoid(codec.decode(encoder.encode(text)))

describe("JSON that is nested 512 levels deep", () => {
  it.effect("is decoded by a recursive schema", () =>
    Effect.map(tree.decode(encoder.encode(nested(510))), ({ children }) => assert.lengthOf(children, 1)))
})

describe("JSON that is nested more than 512 levels deep fails with CodecError:", () => {
  const decoders = {
    "a JSON payload": (text: string) => decode(tree, text),
    "a JSON payload without a schema": (text: string) => decode(Codec.json(Schema.Unknown), text),
    "a member of a chat completion that the schema does not declare": (text: string) =>
      decode(Codec.json(Chat.ChatCompletion), `{"choices":[],"new":${text}}`),
    "a payload of JSON Lines": (text: string) => decode(Codec.jsonLines(Tree), text),
    "a stream of JSON Lines": (text: string) =>
      Stream.runDrain(Framing.jsonLines(Tree).frame(Stream.make(encoder.encode(text)))),
    "a token": (text: string) =>
      Stream.runDrain(Tokens.detected.frame(Stream.make(encoder.encode(`data: ${text}\n\n`))))
  }

  for (const [name, run] of Object.entries(decoders)) {
    it.effect.each([512, 5_000, 100_000])(`${name} of %d levels`, (levels) =>
      Effect.map(
        Effect.flip<void, SageMakerError.CodecError | SageMakerError.ModelStreamError, never>(run(nested(levels))),
        ({ _tag }) => assert.strictEqual(_tag, "CodecError")
      ))
  }

  it.effect("and brackets in strings do not count", () => {
    const text = JSON.stringify(["[".repeat(10_000), "\\\"[{\\", "{\\\\".repeat(600)])
    return Effect.map(
      Codec.json(Schema.Unknown).decode(encoder.encode(text)),
      (value) => assert.deepStrictEqual(value, JSON.parse(text))
    )
  })
})

describe("A value that a recursive schema cannot encode", () => {
  it.effect("because it contains itself fails with CodecError", () => {
    const children: Array<Tree> = []
    children.push({ children })
    return Effect.map(Effect.flip(tree.encode({ children })), (error) => {
      assert.strictEqual(error.message, "Cannot encode the value as application/json: the value is nested too deeply")
    })
  })
})

describe("A chunk of 200 KB that contains only line ends", () => {
  const chunk = new Uint8Array(200_000).fill(0x0a)
  const framings = {
    lines: Framing.lines,
    sse: Framing.sse,
    jsonLines: Framing.jsonLines(Schema.Unknown),
    tokens: Tokens.detected,
    chat: Tokens.openAi
  }

  it.effect.each(Object.entries(framings))("is read as %s", ([, framing]) =>
    Effect.map(
      Stream.runCount(framing.frame(Stream.make(chunk)) as Stream.Stream<unknown, unknown>),
      (count) => assert.include([0, 200_000], count)
    ))
})
