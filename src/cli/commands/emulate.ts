/** `emulate`: runs the emulated service until the process is stopped. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Socket from "@effect/platform/Socket"
import { NodeEmulator, NodeHttpClient } from "effect-sagemaker-runtime/node"
import { Emulator } from "effect-sagemaker-runtime/testing"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { readFile } from "../input/body.ts"
import { outputOptions } from "../input/client.ts"
import { ofFile } from "../input/mediaTypes.ts"
import { CommandError, reportFailure } from "../output/failure.ts"
import { writeText } from "../output/terminal.ts"
import { writeJson } from "../output/write.ts"

const config = {
  endpoint: Options.text("endpoint").pipe(
    Options.withAlias("e"),
    Options.withPseudoName("name[=echo|chat|url|file]"),
    Options.withDescription(
      "An endpoint: echo returns the request body, chat streams chat completions, a URL is that of a container, "
        + "a file is the response. Can be repeated. Default: echo and chat"
    ),
    Options.repeated
  ),
  host: Options.text("host").pipe(
    Options.withDescription("The address to listen on. Default: 127.0.0.1"),
    Options.optional
  ),
  port: Options.integer("port").pipe(
    Options.withAlias("p"),
    Options.withDescription("The TCP port. Default: a free port"),
    Options.filterMap(
      (port) => port >= 0 && port <= 65_535 ? Option.some(port) : Option.none(),
      "invalid --port: expected an integer from 0 to 65535"
    ),
    Options.optional
  ),
  delay: Options.integer("token-delay").pipe(
    Options.withDescription("The time between two tokens of chat endpoints in milliseconds. Default: 50"),
    Options.filterMap(
      (millis) => millis >= 0 ? Option.some(millis) : Option.none(),
      "invalid --token-delay: expected an integer of at least 0"
    ),
    Options.withDefault(50)
  ),
  page: Options.boolean("page").pipe(
    Options.withDescription("Serve the page for browsers to other machines too, if --host is not a loopback address")
  ),
  noPage: Options.boolean("no-page").pipe(Options.withDescription("Serve no page for browsers")),
  sign: Options.boolean("verify-signatures").pipe(
    Options.withDescription("Reject requests that are not signed with the printed credentials")
  ),
  ...outputOptions
}

/** The emulator's credentials are public constants, in plain text. */
const plainText = (value: string | Redacted.Redacted): string =>
  Redacted.isRedacted(value) ? Redacted.value(value) : value

const accessKeyId = plainText(Emulator.credentials.accessKeyId)
const secretAccessKey = plainText(Emulator.credentials.secretAccessKey)

const reply = "This is the emulator. It has no model, so every response is this text."

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`

const chunkOf = (delta: object, finish: string | null) => ({
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta, finish_reason: finish }]
})

const chatEvents = (delayMillis: number) =>
  Stream.fromIterable(reply.match(/\S+\s*/g) ?? []).pipe(
    Stream.schedule(Schedule.spaced(delayMillis)),
    Stream.map((content) => event(chunkOf({ content }, null))),
    Stream.concat(Stream.make(event(chunkOf({}, "stop")), "data: [DONE]\n\n"))
  )

const completion = JSON.stringify({
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: reply }, finish_reason: "stop" }]
})

const chat = (name: string, delayMillis: number) =>
  Emulator.endpoint(name, ({ operation }) =>
    Effect.succeed(
      operation === "InvokeEndpointWithResponseStream"
        ? { Body: chatEvents(delayMillis), ContentType: "text/event-stream" }
        : { Body: completion, ContentType: "application/json" }
    ))

const echo = (name: string) => Emulator.endpoint(name, ({ Body, ContentType }) => Effect.succeed({ Body, ContentType }))

type Endpoint = Emulator.EmulatorEndpoint<HttpClient.HttpClient | Socket.WebSocketConstructor>

/** Node has a WebSocket from version 22. */
const hasWebSocket = typeof WebSocket === "function"

const container = (name: string, url: string): Effect.Effect<ReadonlyArray<Endpoint>, CommandError> => {
  const endpoint = Emulator.container(name, url)
  if (endpoint.url === undefined) {
    return new CommandError({
      message: "invalid --endpoint: expected an http or https URL without a user name, query or fragment"
    })
  }
  return Effect.succeed(
    hasWebSocket ? [endpoint, Emulator.webSocketContainer(name, endpoint.url)] : [endpoint]
  )
}

const endpointName = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/

const endpointsOf = (text: string, delayMillis: number) =>
  Effect.gen(function*() {
    const [, name, kind = "echo"] = /^([^=]+)(?:=(.+))?$/.exec(text) ?? []
    if (name === undefined) {
      return yield* new CommandError({
        message: "invalid --endpoint: expected name, name=echo, name=chat, name=url or name=file"
      })
    }
    if (!endpointName.test(name)) {
      return yield* new CommandError({
        message:
          "invalid --endpoint: the name must be at most 63 letters, digits and hyphens, with a letter or digit at both ends"
      })
    }
    if (kind === "echo" || kind === "chat") {
      return [kind === "echo" ? echo(name) : chat(name, delayMillis)]
    }
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(kind)) {
      return yield* container(name, kind)
    }
    const Body = yield* readFile(kind)
    return [Emulator.endpoint(name, () => Effect.succeed({ Body, ContentType: ofFile(kind) }))]
  })

/**
 * Connects to containers directly, without a proxy. Python's servers close idle connections after 5 seconds: a shorter time
 * here avoids requests on a connection that is about to close.
 */
const connections = Layer.merge(
  NodeHttpClient.layer({ proxy: false, keepAliveTimeout: "3 seconds" }),
  Socket.layerWebSocketConstructorGlobal
)

/** Without an option, a loopback address has the page. */
const pageOf = ({ noPage, page }: { readonly noPage: boolean; readonly page: boolean }): boolean | undefined => {
  if (noPage) {
    return false
  }
  return page ? true : undefined
}

interface Started {
  readonly url: string
  readonly names: ReadonlyArray<string>
  readonly sign: boolean
  readonly hasPage: boolean
}

const started = ({ hasPage, names, sign, url }: Started): string => {
  const credentials = sign
    ? `  export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}\n`
    : ""
  return `Listening on ${url}${hasPage ? ", with a page for browsers" : ""}\nEndpoints: ${names.join(", ")}\n\n`
    + `Settings for AWS's clients and for this command:\n`
    + `  export AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME=${url} AWS_REGION=us-east-1\n${credentials}\nCtrl-C stops the emulator.\n`
}

/** The command. */
export const emulate = Command.make("emulate", config, (options) =>
  Effect.gen(function*() {
    const given = options.endpoint.length === 0 ? ["echo=echo", "chat=chat"] : options.endpoint
    const endpoints = (yield* Effect.forEach(given, (text) => endpointsOf(text, options.delay))).flat()
    const emulator = NodeEmulator.layer({
      endpoints,
      credentials: options.sign ? undefined : "anonymous",
      host: Option.getOrUndefined(options.host),
      port: Option.getOrUndefined(options.port),
      page: pageOf(options)
    })
    const names = [...new Set(endpoints.map(({ name }) => name))]
    yield* NodeEmulator.NodeEmulator.pipe(
      Effect.tap(({ hasPage, url }) =>
        options.json
          ? writeJson({ url, endpoints: names })
          : writeText(started({ url, names, sign: options.sign, hasPage }))
      ),
      Effect.zipRight(Effect.never),
      Effect.provide(Layer.provide(emulator, connections))
    )
  }).pipe(reportFailure(options))).pipe(
    Command.withDescription("Run an emulator of SageMaker Runtime on this machine")
  )
