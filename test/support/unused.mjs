import "effect-sagemaker-runtime"
