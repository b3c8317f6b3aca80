import type { CredentialKind, Outcome } from '@keytrail/contracts';
import { leavesOf, withOthers } from './attributes.js';
import { derivedId } from './derived-id.js';
import { countOf, idOf, known, methodOf, objectOf, textOf } from './fields.js';
import { checkLine, isObject, notAnObject, type JsonObject, type MappedLine } from './mapped-line.js';

/** AWS CloudTrail: one event, an array of them, or a file's `{"Records": […]}`. */
export function mapCloudTrail(value: unknown): MappedLine[] {
  const events = Array.isArray(value) ? value : isObject(value) && Array.isArray(value['Records']) ? value['Records'] : [value];
  return events.map((event: unknown) => (isObject(event) ? mapEvent(event) : notAnObject()));
}

function mapEvent(event: JsonObject): MappedLine {
  const identity = objectOf(event['userIdentity']);
  const service = identity['type'] === 'AWSService' || (identity['type'] === undefined && identity['invokedBy'] !== undefined);
  const invoker = textOf(identity['invokedBy'], 200);
  const address = textOf(event['sourceIPAddress'], 255);
  const name = textOf(event['eventName'], 255);
  const source = textOf(event['eventSource'], 255);
  const errorCode = refusalOf(event);
  const data = objectOf(event['additionalEventData']);
  // The capture of a log shipper has its own name for the time of the event.
  const time = event['eventTime'] ?? event['@timestamp'];
  const keyId = idOf(identity['accessKeyId'], 256) ?? (service ? idOf(`service:${invoker ?? address ?? source}`, 256) : undefined);
  const principal = textOf(identity['arn'], 512) ?? invoker ?? textOf(identity['userName'] ?? identity['principalId'], 512);
  const userAgent = textOf(event['userAgent'], 4096)?.replace(/^\[(.*)\]$/, '$1') || undefined;
  if (name === undefined || source === undefined) {
    return { problem: { code: 'invalid_field', reason: 'not a CloudTrail event: eventName or eventSource is missing' } };
  }
  return checkLine(known({
    time,
    request_id: idOf(event['requestID'], 128) ?? idOf(event['eventID'], 128) ?? derivedId([time, address, name, source, errorCode, keyId, principal, userAgent]),
    key_id: keyId,
    credential_kind: kindOf(identity['type']),
    principal,
    ...outcomeOfError(errorCode),
    refusal_reason: errorCode,
    method: methodOf(name),
    route: source,
    path: `/${source}/${name}`,
    address,
    user_agent: userAgent,
    bytes_in: countOf(data['bytesTransferredIn']),
    bytes_out: countOf(data['bytesTransferredOut']),
    tenant: textOf(event['recipientAccountId'], 256),
    gateway_node: textOf(event['awsRegion'], 256),
    attributes: withOthers({
      event_id: textOf(event['eventID'], 128),
      event_type: textOf(event['eventType'], 128),
      identity_type: textOf(identity['type'], 64),
      read_only: typeof event['readOnly'] === 'boolean' ? event['readOnly'] : undefined,
      invoked_by: invoker,
      error_message: textOf(event['errorMessage'], 2048),
    }, othersOf(event)),
  }));
}

/** What is read above, and what every event says alike or at any length. */
const TAKEN = new Set(['eventTime', '@timestamp', 'requestID', 'eventID', 'userIdentity', 'eventName', 'eventSource', 'errorCode', 'errorMessage', 'sourceIPAddress', 'userAgent',
  'additionalEventData', 'recipientAccountId', 'awsRegion', 'eventType', 'readOnly', 'eventVersion', 'eventCategory', 'managementEvent', 'requestParameters',
  'responseElements', 'resources', 'tlsDetails']);

const othersOf = (event: JsonObject) => leavesOf(Object.fromEntries(Object.entries(event).filter(([name]) => !TAKEN.has(name))));

/** Roles' temporary credentials are made for machines; the rest belongs to a person's or application's identity. */
function kindOf(type: unknown): CredentialKind {
  switch (type) {
    case 'AssumedRole': case 'Role': return 'role';
    case 'IAMUser': case 'Root': case 'FederatedUser': case 'SAMLUser': case 'WebIdentityUser': case 'IdentityCenterUser': return 'user';
    default: return 'unknown';
  }
}

function refusalOf(event: JsonObject): string | undefined {
  const code = textOf(event['errorCode'], 128);
  // A failed sign-in to the console carries no errorCode.
  if (code === undefined && objectOf(event['responseElements'])['ConsoleLogin'] === 'Failure') return 'ConsoleLoginFailure';
  return code;
}

// AWS writes these with prefixes (Client.) and suffixes (Exception, Fault) that differ from service to service.
const PREFIX = /^(?:Client|Server)\./;
const UNAUTHORISED = /^(?:InvalidClientTokenId|InvalidAccessKeyId|AuthFailure|SignatureDoesNotMatch|InvalidSignature|IncompleteSignature|Expired(?:Token|Credential)|RequestExpired|UnrecognizedClient|MissingAuthenticationToken|InvalidToken|NotAuthenticated|FailedAuthentication|ConsoleLoginFailure|InvalidAuthenticationToken|TokenRefreshRequired)/;
const FORBIDDEN = /^(?:AccessDenied|Unauthorized|Forbidden|NotAuthorized|AuthorizationError|AccountProblem|AllAccessDisabled|KMSAccessDenied|InsufficientPermission)/;
const RATE_LIMITED = /^(?:Throttl|TooManyRequests|RequestLimitExceeded|RequestThrottled|SlowDown|ProvisionedThroughputExceeded|EC2Throttled|BandwidthLimitExceeded|PriorRequestNotComplete)/;

/** What an error's name says became of the call, and the status it stands for. */
export function outcomeOfError(errorCode: string | undefined): { outcome: Outcome; status: number } {
  if (errorCode === undefined) return { outcome: 'authorised', status: 200 };
  const code = errorCode.replace(PREFIX, '');
  if (UNAUTHORISED.test(code)) return { outcome: 'unauthorised', status: 401 };
  if (FORBIDDEN.test(code)) return { outcome: 'forbidden', status: 403 };
  return RATE_LIMITED.test(code) ? { outcome: 'rate_limited', status: 429 } : { outcome: 'error', status: 400 };
}
