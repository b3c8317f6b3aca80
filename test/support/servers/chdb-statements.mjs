// How the parts of an HTTP request become statements on a chDB connection.

// Parameters of the interface itself; everything else in the URL is a setting, as it is for ClickHouse.
const INTERFACE_PARAMETERS = new Set([
  'query', 'query_id', 'database', 'default_format', 'user', 'password', 'role', 'session_id', 'session_timeout', 'session_check',
  'enable_http_compression', 'compress', 'decompress', 'wait_end_of_query', 'buffer_size', 'stacktrace', 'quota_key',
]);
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * What a fresh connection is told before the request's own statement. A server has no `implicit_select`, a convenience of the embedded engine.
 * The value of a `param_x` arrives escaped, and `SET` takes it so.
 * @param {URLSearchParams} params
 */
export function statementsBefore(params) {
  const settings = [...params]
    .filter(([name]) => NAME.test(name) && !INTERFACE_PARAMETERS.has(name))
    .map(([name, value]) => `, ${name} = ${quoted(value)}`);
  const database = params.get('database');
  return [`SET implicit_select = 0${settings.join('')}`, ...(database ? [`USE ${identifier(database)}`] : [])];
}

/**
 * An INSERT whose rows stand in a file: chDB's own string interface would not keep bytes that are not UTF-8.
 * @param {string} file
 * @param {string} query  an INSERT that ends in `FORMAT <name>`
 */
export function withBodyFrom(file, query) {
  const insert = /^(\s*INSERT\s+INTO\s+.+?)((?:\s+SETTINGS\s+(?:(?!\sFORMAT\s).)+)?\s+FORMAT\s+\w+)[\s;]*$/is.exec(query);
  if (!insert) throw new Error(`A request body needs an INSERT … FORMAT in the URL, not: ${query.slice(0, 200)}`);
  return `${insert[1]} FROM INFILE ${quoted(file)}${insert[2]}`;
}

const quoted = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const identifier = (name) => `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``;
