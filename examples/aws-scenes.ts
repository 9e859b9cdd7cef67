import { invokeEndpoint, invokeEndpointAsync, streamEndpoint } from "effect-sagemaker-runtime"

export const call = (EndpointName: string, Body: string) =>
  invokeEndpoint({ EndpointName, ContentType: "text/plain", Body })

export const responseStream = (EndpointName: string, Body: string) =>
  streamEndpoint({ EndpointName, ContentType: "text/plain", Body })

export const asynchronousRequest = (EndpointName: string, Body: string) =>
  invokeEndpointAsync({ EndpointName, ContentType: "text/plain", Body })
