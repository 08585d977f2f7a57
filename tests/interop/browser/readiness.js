// The SDK's own checks before a meeting, against the service and Chromium's fake devices.
import {
  CheckAudioConnectivityFeedback,
  CheckContentShareConnectivityFeedback,
  CheckVideoConnectivityFeedback,
  ConsoleLogger,
  DefaultDeviceController,
  DefaultMeetingReadinessChecker,
  DefaultMeetingSession,
  LogLevel,
  MeetingSessionConfiguration,
} from 'amazon-chime-sdk-js';

// Resolves to the name of the feedback, 'Succeeded' if all is well.
export async function checkReadiness({ meeting, attendee, check }) {
  const logger = new ConsoleLogger('sdk', LogLevel.WARN);
  const devices = new DefaultDeviceController(logger);
  const session = new DefaultMeetingSession(new MeetingSessionConfiguration(meeting, attendee), logger, devices);
  const checker = new DefaultMeetingReadinessChecker(logger, session);
  if (check === 'audio') {
    const [microphone] = await devices.listAudioInputDevices();
    return CheckAudioConnectivityFeedback[await checker.checkAudioConnectivity(microphone)];
  }
  if (check === 'video') {
    const [camera] = await devices.listVideoInputDevices();
    return CheckVideoConnectivityFeedback[await checker.checkVideoConnectivity(camera)];
  }
  return CheckContentShareConnectivityFeedback[await checker.checkContentShareConnectivity()];
}
