namespace DctNet.Core.Pipeline;

/// <summary>
/// A picture's stages on a thread of their own. They compute for a second or so, synchronously; in the thread pool, which begins with as many
/// threads as there are cores, a few of them held up the answers, commits and health checks of everybody by half a second each.
/// </summary>
internal static class Compute
{
    public static Task<T> RunAsync<T>(Func<T> stages, CancellationToken cancellation) => Task.Factory.StartNew(
        stages, cancellation, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
}
