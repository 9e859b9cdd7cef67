/** `chat`: a conversation with a language model. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Chat, ModelEndpoint, Tokens } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as client from "../input/client.ts"
import * as prompt from "../input/prompt.ts"
import { reportFailure } from "../output/failure.ts"
import { writeText } from "../output/terminal.ts"
import { write, writeJson } from "../output/write.ts"

const config = {
  endpoint: client.endpoint,
  message: Options.text("message").pipe(
    Options.withAlias("m"),
    Options.withDescription("Send this message, print the reply and exit"),
    Options.optional
  ),
  system: Options.text("system").pipe(
    Options.withAlias("s"),
    Options.withDescription("The system prompt"),
    Options.optional
  ),
  model: Options.text("model").pipe(
    Options.withDescription("The name of the model in the container. Default: not sent"),
    Options.optional
  ),
  maxTokens: Options.integer("max-tokens").pipe(
    Options.withDescription("The maximum number of tokens of a reply. Default: the container's"),
    Options.optional
  ),
  temperature: Options.float("temperature").pipe(
    Options.withDescription("The sampling temperature. Default: the container's"),
    Options.optional
  ),
  component: client.routingOptions.component,
  ...client.options
}

interface ChatOptions extends client.ClientOptions {
  readonly endpoint: string
  readonly system: Option.Option<string>
  readonly model: Option.Option<string>
  readonly maxTokens: Option.Option<number>
  readonly temperature: Option.Option<number>
  readonly component: Option.Option<string>
}

const member = <Name extends string, A>(name: Name, value: Option.Option<A>) =>
  Option.match(value, { onNone: () => ({}), onSome: (some) => ({ [name]: some } as Record<Name, A>) })

const systemMessages = ({ system }: ChatOptions): ReadonlyArray<Chat.ChatMessage> =>
  Option.match(system, { onNone: () => [], onSome: (text) => [Chat.system(text)] })

/** Sends the conversation, and prints the reply while it arrives. Returns the text that arrived. */
const reply = (options: ChatOptions, messages: ReadonlyArray<Chat.ChatMessage>, text: Ref.Ref<string>) =>
  ModelEndpoint.chat(options.endpoint, {
    InferenceComponentName: Option.getOrUndefined(options.component)
  }).stream({
    messages,
    ...member("model", options.model),
    ...member("max_tokens", options.maxTokens),
    ...member("temperature", options.temperature)
  }).pipe(
    Stream.tap((token) => Ref.update(text, (before) => before + token.text)),
    Stream.tap((token) => options.json ? Effect.void : writeText(token.text)),
    Tokens.collect,
    Effect.tap((completion) => options.json ? writeJson(completion) : write("\n"))
  )

/** One turn. Returns the conversation with the reply. Ctrl-C ends the request, and keeps what arrived. */
const turn = (
  options: ChatOptions,
  conversation: ReadonlyArray<Chat.ChatMessage>,
  message: string,
  interrupted: Effect.Effect<void>
) =>
  Effect.gen(function*() {
    const text = yield* Ref.make("")
    const messages = [...conversation, Chat.user(message)]
    yield* Effect.raceFirst(
      reply(options, messages, text),
      Effect.zipRight(interrupted, write("\n"))
    )
    const received = yield* Ref.get(text)
    return received === "" ? conversation : [...messages, Chat.assistant(received)]
  })

const help = `/clear starts a new conversation. /exit or Ctrl-D ends the program. Ctrl-C stops a reply.\n`

const converse = (options: ChatOptions) =>
  Effect.gen(function*() {
    const input = yield* prompt.open
    const interrupted = input.interactive ? input.interrupted : Effect.never
    yield* input.interactive ? write(help) : Effect.void
    let conversation = systemMessages(options)
    while (true) {
      const event = yield* input.next
      if (event._tag !== "Line" || event.text.trim() === "/exit") {
        return yield* input.interactive && event._tag !== "Line" ? write("\n") : Effect.void
      }
      if (event.text.trim() === "/clear") {
        conversation = systemMessages(options)
      } else if (event.text.trim() !== "") {
        const before = conversation
        const received = turn(options, before, event.text, interrupted)
        conversation = yield* input.interactive ? keepConversation(received, before, options) : received
      }
    }
  }).pipe(Effect.scoped)

/** In a terminal, a request that fails does not end the conversation. */
const keepConversation = <A, E, R>(
  received: Effect.Effect<A, E, R>,
  before: A,
  options: client.ClientOptions
) =>
  received.pipe(
    reportFailure(options),
    Effect.catchTag("Exited", () => Effect.succeed(before))
  )

/** The command. */
export const chat = Command.make("chat", config, (options) =>
  Option.match(options.message, {
    onNone: () => converse(options),
    onSome: (message) => Effect.asVoid(turn(options, systemMessages(options), message, Effect.never))
  }).pipe(
    Effect.provide(client.layer(options)),
    reportFailure(options)
  )).pipe(Command.withDescription("Chat with a language model"))
