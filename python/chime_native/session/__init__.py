"""Meeting sessions: what the JavaScript SDK calls ``MeetingSession``, for asyncio."""
