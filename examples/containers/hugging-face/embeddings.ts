import { ModelEndpoint } from "effect-sagemaker-runtime"

const model = ModelEndpoint.embeddings("bert", { format: "huggingFace", pooling: "mean" })

export const vectorsOf = (texts: ReadonlyArray<string>) => model.embedMany(texts)
