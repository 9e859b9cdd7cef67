import { Effect } from "effect"
import { Codec, Container } from "effect-sagemaker-runtime"

const addSub = Container.triton("add-sub", { binary: true })

export const addAndSubtract = (left: Float32Array, right: Float32Array) =>
  addSub.infer({
    inputs: {
      INPUT0: Codec.ndarray(left, { shape: [1, left.length] }),
      INPUT1: Codec.ndarray(right, { shape: [1, right.length] })
    }
  }).pipe(
    Effect.map(({ outputs }) => ({ sum: outputs.OUTPUT0?.data, difference: outputs.OUTPUT1?.data }))
  )
