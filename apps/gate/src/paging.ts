export {
  badCursor,
  decodeCursor,
  encodeCursor,
  linkNext,
  linkOlder,
  type Page,
  pageOf,
  versionBefore,
} from '@gennaker/http';
