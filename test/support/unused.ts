// oxlint-disable-next-line import/no-unassigned-import
import "effect-sagemaker-runtime"
