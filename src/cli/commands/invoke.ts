/** `invoke`: sends one request and prints the response. */
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { type InvokeEndpoint, invokeEndpoint } from "effect-sagemaker-runtime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as body from "../input/body.ts"
import * as client from "../input/client.ts"
import { isText } from "../input/mediaTypes.ts"
import { reportFailure } from "../output/failure.ts"
import { writeFile } from "../output/files.ts"
import { writeBody } from "../output/terminal.ts"
import { writeJson } from "../output/write.ts"

const config = {
  endpoint: client.endpoint,
  ...body.bodyOptions,
  targetModel: Options.text("target-model").pipe(
    Options.withDescription("The model to call, on a multi-model endpoint"),
    Options.optional
  ),
  output: Options.text("output").pipe(
    Options.withAlias("o"),
    Options.withDescription("The file for the response body. Default: standard output"),
    Options.optional
  ),
  ...client.routingOptions,
  ...client.options
}

/** JSON as a value, other text as a string, anything else in Base64. */
const bodyFields = (bytes: Uint8Array, contentType: string | undefined) => {
  if (!isText(contentType)) {
    return { bodyBase64: Buffer.from(bytes).toString("base64") }
  }
  const text = new TextDecoder().decode(bytes)
  try {
    return {
      body: (contentType ?? "").split(";")[0]?.trim().toLowerCase().endsWith("json")
        ? JSON.parse(text) as unknown
        : text
    }
  } catch {
    return { body: text }
  }
}

/** The response as a value for `--json`. */
const toJson = ({ $metadata, Body, ...members }: InvokeEndpoint.InvokeEndpointOutput, withBody: boolean) => ({
  ...members,
  ...(withBody ? bodyFields(Body, members.ContentType) : {}),
  $metadata
})

/** The command. */
export const invoke = Command.make("invoke", config, (options) =>
  Effect.gen(function*() {
    const { bytes, contentType } = yield* body.read(options)
    const response = yield* invokeEndpoint({
      EndpointName: options.endpoint,
      Body: bytes,
      ContentType: contentType,
      TargetModel: Option.getOrUndefined(options.targetModel),
      ...client.membersOf(options)
    })
    if (Option.isSome(options.output)) {
      yield* writeFile(options.output.value, response.Body)
    }
    if (options.json) {
      return yield* writeJson(toJson(response, Option.isNone(options.output)))
    }
    return Option.isSome(options.output) ? undefined : yield* writeBody(response.Body, response.ContentType)
  }).pipe(
    Effect.provide(client.layer(options)),
    reportFailure(options)
  )).pipe(Command.withDescription("Send one request and print the response"))
