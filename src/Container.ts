/**
 * Presets for the serving containers of SageMaker models, such as vLLM, TGI, Triton and XGBoost.
 *
 * A preset is a typed model with the requests, the responses and the streams of one container. The guide "Which
 * container, which preset" lists the presets and the container images.
 *
 * @since 0.1.0
 */

/**
 * LMI of DJL Serving.
 *
 * @since 0.1.0
 */
export * from "./container/Lmi.ts"
/**
 * MLflow's scoring server.
 *
 * @since 0.1.0
 */
export * from "./container/Mlflow.ts"
/**
 * SGLang.
 *
 * @since 0.1.0
 */
export * from "./container/Sglang.ts"
/**
 * TensorFlow Serving.
 *
 * @since 0.1.0
 */
export * from "./container/TensorFlow.ts"
/**
 * Completions of a prompt.
 *
 * @since 0.1.0
 */
export * from "./container/TextGeneration.ts"
/**
 * Text Generation Inference.
 *
 * @since 0.1.0
 */
export * from "./container/Tgi.ts"
/**
 * Triton Inference Server.
 *
 * @since 0.1.0
 */
export * from "./container/Triton.ts"
/**
 * vLLM.
 *
 * @since 0.1.0
 */
export * from "./container/Vllm.ts"
/**
 * XGBoost.
 *
 * @since 0.1.0
 */
export * from "./container/Xgboost.ts"
/**
 * Text Embeddings Inference.
 *
 * @since 0.1.0
 */
export * from "./container/Tei.ts"
/**
 * Hugging Face's containers.
 *
 * @since 0.1.0
 */
export * from "./container/HuggingFace.ts"
