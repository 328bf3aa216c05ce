// Who talks to a session talks in its messages: rooms above need not know that they are a room.
@_exported import Messages
