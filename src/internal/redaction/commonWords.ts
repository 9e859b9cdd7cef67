/** Words of the service's own error texts. They are not secret, so an error message can repeat them. */
export const commonWords: ReadonlySet<string> = new Set(
  ("a access account action additional after again allowed already amazon amazonaws an and any api application are " +
    "arn as at authorization autoscaling aws be because been before body bytes call calling can cannot capacity " +
    "check client cloudwatch com component constraint container contact content could credential credentials " +
    "current customer data denied details detected did does during eastern either empty endpoint endpoints error " +
    "errors exceeded exceeds exception exist expected expired failed failure following for forbidden format found " +
    "from has have header headers host http https identity if in inference information instance internal invalid invocation " +
    "invocations invoke invokeendpoint is it its json key later length less limit loaded logs long longer make " +
    "match maximum may member message method minimum missing mode model models more must name no not null number " +
    "occurred of on one only operation or other output parameter part path pattern perform please policy primary " +
    "process provided quota rate received region rejected request requested requests required resource response " +
    "retry role runtime sagemaker satisfy scoped seconds security see send sent server service set should " +
    "signature size specified state status stream support supported than that the this throttled time timed " +
    "timeout to token too true try type unable unauthorized unavailable unknown unsupported updating upper url us " +
    "use used user valid validation value values variant version was when which while will with within wrong you " +
    "your").split(" ")
)
