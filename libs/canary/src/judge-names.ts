/** The judges that a config may name, the default first. User interfaces offer those that are visible. */
export const JUDGE_NAMES = [
  { name: 'NetflixACAJudge-v1.0', visible: true },
  { name: 'GennakerJudge-v1', visible: true },
] as const;
