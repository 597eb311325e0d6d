/**
 * The events a kubelet tells about a pod when its status goes from `before` (undefined at first) to `after`.
 * @returns {{type: 'Normal' | 'Warning', reason: string, message: string}[]}
 */
export function eventsBetween(pod, before, after) {
  return after.containerStatuses.flatMap((now, index) => {
    const earlier = before?.containerStatuses[index];
    const was = earlier?.state ?? {};
    const { image, name, state } = now;
    const restarted = earlier !== undefined && now.restartCount > earlier.restartCount;
    if (state.running && (!was.running || restarted)) {
      return [
        {
          type: 'Normal',
          reason: 'Pulled',
          message: `Container image "${image}" already present on machine`,
        },
        { type: 'Normal', reason: 'Created', message: `Created container ${name}` },
        { type: 'Normal', reason: 'Started', message: `Started container ${name}` },
      ];
    }
    const waiting = state.waiting?.reason;
    return waiting && waiting !== was.waiting?.reason ? waitingEvents(waiting, image, pod) : [];
  });
}

function waitingEvents(reason, image, pod) {
  switch (reason) {
    case 'ErrImagePull':
      return [
        { type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"` },
        { type: 'Warning', reason: 'Failed', message: `Failed to pull image "${image}"` },
        { type: 'Warning', reason: 'Failed', message: 'Error: ErrImagePull' },
      ];
    case 'ImagePullBackOff':
      return [
        { type: 'Normal', reason: 'BackOff', message: `Back-off pulling image "${image}"` },
        { type: 'Warning', reason: 'Failed', message: 'Error: ImagePullBackOff' },
      ];
    case 'CrashLoopBackOff':
      return [
        {
          type: 'Warning',
          reason: 'BackOff',
          message: `Back-off restarting failed container of pod ${pod.metadata.name}`,
        },
      ];
    default:
      return [];
  }
}
