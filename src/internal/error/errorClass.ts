/** The base of every error class of this package: documented fields, hidden fields, and a message in its JSON. */
import type { YieldableError } from "effect/Cause"
import type * as Schema from "effect/Schema"
import { hasMember, sharedInstances } from "../global/sharedInstances.ts"
import { hiddenFields } from "./hiddenFields.ts"

/** A class made by `Schema.TaggedError` whose instances also have the fields of `Documented`, with their doc comments. */
export interface DocumentedErrorClass<Self, Tag extends string, Fields extends Schema.Struct.Fields, Documented>
  extends
    Schema.Class<
      Self,
      Fields,
      Schema.Struct.Encoded<Fields>,
      Schema.Struct.Context<Fields>,
      Schema.Struct.Constructor<Omit<Fields, "_tag">>,
      Documented,
      YieldableError
    >
{
  readonly _tag: Tag
}

const toJSON = {
  configurable: true,
  value(this: Error): object {
    return Object.assign({}, this, { message: this.message })
  }
}

const marker = Symbol.for("effect-sagemaker-runtime/SageMakerError")

/** Whether an error is one of this package. Its message contains no payload and no credentials. */
export const isOwnError = (error: unknown): error is Error => hasMember(error, marker, true)

/**
 * Prepares a class made by `Schema.TaggedError`.
 *
 * `Documented` is an interface of shared fields: editors do not show the comments of a schema's own fields. Fields
 * named in `hidden` are readable, but loggers do not print them.
 */
export const errorClass = <Documented>() =>
<Self, Tag extends string, Fields extends Schema.Struct.Fields>(
  schemaClass: Schema.TaggedErrorClass<Self, Tag, Fields>,
  ...hidden: ReadonlyArray<string>
): DocumentedErrorClass<Self, Tag, Fields, Documented> => {
  Object.defineProperty(schemaClass.prototype, "toJSON", toJSON)
  Object.defineProperty(schemaClass.prototype, marker, { value: true })
  const prepared = hidden.length === 0 ? schemaClass : hiddenFields(schemaClass, ...hidden)
  return sharedInstances(prepared, schemaClass._tag) as unknown as DocumentedErrorClass<Self, Tag, Fields, Documented>
}
