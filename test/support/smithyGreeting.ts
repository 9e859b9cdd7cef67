/** The operation of Smithy's restJson1 protocol tests, as a custom operation. */
import { HttpClientRequest } from "@effect/platform"
import { Effect, Schema } from "effect"
import { Operation, SageMakerError } from "effect-sagemaker-runtime"

export class InvalidGreeting extends Schema.TaggedError<InvalidGreeting>()("InvalidGreeting", {
  ...SageMakerError.serviceFields({ status: 400, code: "InvalidGreeting", retry: "never", message: "Not a greeting" }),
  Message: Schema.optional(Schema.String)
}) {}

export class ComplexError extends Schema.TaggedError<ComplexError>()("ComplexError", {
  ...SageMakerError.serviceFields({ status: 403, code: "ComplexError", retry: "never", message: "It is complex" }),
  TopLevel: Schema.optional(Schema.String),
  Nested: Schema.optional(
    Schema.Struct({ Foo: Schema.optional(Schema.String).pipe(Schema.fromKey("Fooooo")) })
  )
}) {}

export class FooError extends Schema.TaggedError<FooError>()(
  "FooError",
  SageMakerError.serviceFields({ status: 500, code: "FooError", retry: "transient", message: "Foo" })
) {}

const responseHeaders = Operation.headers({ greeting: ["x-greeting", Schema.String] })

export const greetingWithErrors: Operation.Operation<
  void,
  { readonly greeting?: string | undefined },
  InvalidGreeting | ComplexError | FooError
> = {
  name: "GreetingWithErrors",
  encode: () => Effect.succeed(HttpClientRequest.put("/GreetingWithErrors")),
  decode: ({ headers }) => Effect.succeed(responseHeaders.decode(headers)),
  errors: [InvalidGreeting, ComplexError, FooError]
}
