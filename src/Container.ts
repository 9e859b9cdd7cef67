/**
 * Presets for the serving containers of SageMaker models.
 *
 * A preset is a typed model with the requests, the responses and the streams of one container. The guide "Which
 * container, which preset" lists them.
 *
 * @since 0.1.0
 */

/**
 * TensorFlow Serving.
 *
 * @since 0.1.0
 */
export * from "./container/TensorFlow.ts"
/**
 * Triton Inference Server.
 *
 * @since 0.1.0
 */
export * from "./container/Triton.ts"
/**
 * MLflow's scoring server.
 *
 * @since 0.1.0
 */
export * from "./container/Mlflow.ts"
/**
 * XGBoost.
 *
 * @since 0.1.0
 */
export * from "./container/Xgboost.ts"
