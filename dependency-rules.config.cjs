/**
 * The layers of docs/architecture.md, checked by dependency-cruiser (`npm run lint`): a folder imports only from the
 * folders above it, types included; there are no cycles; each external package is used in one folder.
 */
const layers = [
  'core',
  'mail',
  'store',
  'transport',
  'openpgp',
  'autocrypt',
  'protocol',
  'model',
  'trust',
  'sync',
  'chat',
  'bot',
];

/** What each folder may use besides `core` (and itself). */
const allowed = {
  core: [],
  mail: [],
  store: [],
  transport: ['mail'],
  openpgp: ['mail'],
  autocrypt: ['openpgp', 'store', 'mail'],
  protocol: ['mail'],
  model: ['protocol', 'store', 'mail'],
  trust: ['protocol', 'store', 'mail'],
  sync: layers.slice(0, layers.indexOf('sync')),
  chat: layers.slice(0, layers.indexOf('chat')),
  bot: ['chat'],
};

/** The one place of every external package: where it may be used, and the resolved path that is meant. */
const packages = {
  'nodemailer-mime': ['^src/mail/', 'node_modules/nodemailer/dist/[^/]+/(mime-node|mime-funcs)/'],
  'nodemailer-addresses': ['^src/(mail|testing)/', 'node_modules/nodemailer/dist/[^/]+/addressparser/'],
  'nodemailer-smtp': ['^src/transport/', 'node_modules/nodemailer/dist/[^/]+/(smtp-connection/|nodemailer)'],
  mailparser: ['^src/mail/', 'node_modules/(mailparser|@zone-eu/mailsplit|libmime)/'],
  htmlparser2: ['^src/(mail/|protocol/|transport/autodiscovery/)', 'node_modules/htmlparser2/'],
  imapflow: ['^src/transport/', 'node_modules/imapflow/dist/[^/]+/[^/]+$'],
  'imapflow-codec': ['^src/testing/', 'node_modules/imapflow/dist/[^/]+/handler/'],
  openpgp: ['^src/openpgp/', 'node_modules/openpgp/'],
  'smtp-server': ['^src/testing/', 'node_modules/smtp-server/'],
  libsql: ['^src/store/sqlite/', 'node_modules/libsql/'],
  eventemitter3: ['^src/core/', 'node_modules/eventemitter3/'],
};

const layerRules = layers.map((layer) => ({
  name: `layer-${layer}`,
  severity: 'error',
  comment: `src/${layer} may import from: core, ${allowed[layer].join(', ')}`,
  from: { path: `^src/${layer}/` },
  to: { path: '^src/', pathNot: `^src/(${[layer, 'core', ...allowed[layer]].join('|')})/` },
}));

const packageRules = Object.entries(packages).map(([name, [folder, path]]) => ({
  name: `package-${name}`,
  severity: 'error',
  comment: `only ${folder} may import it`,
  from: { path: '^src/', pathNot: folder },
  to: { path },
}));

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' }, to: {} },
    ...layerRules,
    ...packageRules,
    {
      name: 'node-only-at-the-edges',
      severity: 'error',
      comment: 'Protocol, model and chat code stays free of Node.',
      from: { path: '^src/', pathNot: '^src/(core/node|transport|store/sqlite|testing|entry)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'not-to-dev-dependencies',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(testing|store/sqlite)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'not-resolvable', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
