import { Effect } from "effect"
import { Emulator } from "effect-sagemaker-runtime/testing"

const binaryType = "application/vnd.sagemaker-triton.binary+json;json-header-size="

interface Input {
  readonly name: string
  readonly shape: ReadonlyArray<number>
  readonly datatype: string
  readonly data?: ReadonlyArray<number>
  readonly parameters?: { readonly binary_data_size?: number }
}

interface Request {
  readonly id?: string
  readonly inputs: ReadonlyArray<Input>
  readonly parameters?: { readonly binary_data_output?: boolean }
}

const failure = (message: string) =>
  Emulator.containerError({
    status: 400,
    body: JSON.stringify({ error: message }),
    contentType: "application/json"
  })

const floats = (bytes: Uint8Array) => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.byteLength / 4 }, (_, index) => view.getFloat32(index * 4, true))
}

const floatBytes = (values: ReadonlyArray<number>) => {
  const view = new DataView(new ArrayBuffer(values.length * 4))
  values.forEach((value, index) => view.setFloat32(index * 4, value, true))
  return new Uint8Array(view.buffer)
}

const read = (body: Uint8Array, contentType: string) => {
  const size = contentType.startsWith(binaryType) ? Number(contentType.slice(binaryType.length)) : body.byteLength
  let at = size
  const request: Request = JSON.parse(new TextDecoder().decode(body.subarray(0, size)))
  const tensors = request.inputs.map((input) => {
    const bytes = body.subarray(at, at + (input.parameters?.binary_data_size ?? 0))
    at += bytes.byteLength
    return { ...input, data: input.data?.flat() ?? floats(bytes) }
  })
  return { request, tensors }
}

const outputs = (left: ReadonlyArray<number>, right: ReadonlyArray<number>) => ({
  OUTPUT0: left.map((value, index) => value + right[index]!),
  OUTPUT1: left.map((value, index) => value - right[index]!)
})

const write = (request: Request, shape: ReadonlyArray<number>, results: ReturnType<typeof outputs>) => {
  const isBinary = request.parameters?.binary_data_output === true
  const header = new TextEncoder().encode(JSON.stringify({
    ...(request.id === undefined ? {} : { id: request.id }),
    model_name: "add_sub",
    model_version: "1",
    outputs: Object.entries(results).map(([name, data]) => ({
      name,
      datatype: "FP32",
      shape,
      ...(isBinary ? { parameters: { binary_data_size: data.length * 4 } } : { data })
    }))
  }))
  const data = isBinary ? Object.values(results).flatMap((values) => [...floatBytes(values)]) : []
  return {
    ContentType: isBinary ? `${binaryType}${header.byteLength}` : "application/json",
    Body: Uint8Array.from([...header, ...data])
  }
}

export const container = Emulator.endpoint("add-sub", ({ Body, ContentType = "" }) =>
  Effect.gen(function*() {
    const { request, tensors } = yield* Effect.try({
      try: () => read(Body, ContentType),
      catch: () => failure("failed to parse the request JSON buffer: Invalid value. at 0")
    })
    const [left, right] = tensors
    if (left === undefined || right === undefined) {
      return yield* failure(`expected 2 inputs but got ${tensors.length} inputs for model 'add_sub'`)
    }
    const other = tensors.find(({ datatype }) => datatype !== "FP32")
    if (other !== undefined) {
      return yield* failure(
        `inference input '${other.name}' data-type is '${other.datatype}', but model 'add_sub' expects 'FP32'`
      )
    }
    return write(request, left.shape, outputs(left.data, right.data))
  }))
