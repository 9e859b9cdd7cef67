/** `stream`: sends one request and prints the response while it arrives. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { streamEndpoint, Tokens } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as body from "../input/body.ts"
import * as client from "../input/client.ts"
import { reportFailure } from "../output/failure.ts"
import { chunkWriter, writeText } from "../output/terminal.ts"
import { stdoutIsTerminal, write, writeJson } from "../output/write.ts"

const config = {
  endpoint: client.endpoint,
  ...body.bodyOptions,
  tokens: Options.boolean("tokens").pipe(
    Options.withDescription(
      "Decode the tokens of a language model and print their text; with --json one token per line"
    )
  ),
  ...client.routingOptions,
  ...client.options
}

const printChunk = (json: boolean) => {
  if (!json) {
    return chunkWriter()
  }
  const decoder = new TextDecoder()
  return (chunk: Uint8Array) => writeJson({ text: decoder.decode(chunk, { stream: true }) })
}

const printToken = (json: boolean) => (token: Tokens.Token) => json ? writeJson(token) : writeText(token.text)

/** The command. */
export const stream = Command.make("stream", config, (options) =>
  Effect.gen(function*() {
    const { bytes, contentType } = yield* body.read(options)
    const chunks = streamEndpoint({
      EndpointName: options.endpoint,
      Body: bytes,
      ContentType: contentType,
      ...client.membersOf(options)
    })
    yield* options.tokens
      ? Stream.runForEach(Tokens.detected.frame(chunks), printToken(options.json))
      : Stream.runForEach(chunks, printChunk(options.json))
    return yield* stdoutIsTerminal() && !options.json ? write("\n") : Effect.void
  }).pipe(
    Effect.provide(client.layer(options)),
    reportFailure(options)
  )).pipe(Command.withDescription("Send one request and print the response while it arrives"))
