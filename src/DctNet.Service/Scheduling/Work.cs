namespace DctNet.Service.Scheduling;

/// <summary>One piece of work that wants a place.</summary>
/// <param name="Lane">The line it stands in.</param>
/// <param name="DecodedBytes">Bytes of its decoded picture, from the picture's header.</param>
/// <param name="Deadline">When its answer is worth nothing any more, in UTC; <see cref="DateTime.MaxValue"/> for never.</param>
internal readonly record struct Work(Lane Lane, long DecodedBytes, DateTime Deadline);
