using System.Diagnostics;
using System.Globalization;
using DctNet.Cli.Output;
using DctNet.Client;
using DctNet.V1;
using Grpc.Core;

namespace DctNet.Cli.Commands;

/// <summary>Works through the files of one <c>dctnet cartoonize</c>.</summary>
internal sealed class CartoonizeRun(CartoonizeOptions options, int parallel, IDisplay display)
{
    private int _failed;
    private int _stopCode;

    /// <summary>Reports the inputs that are not there and returns the others.</summary>
    public IReadOnlyList<(string Input, string Output)> Check(IEnumerable<(string Input, string Output)> files)
    {
        var present = new List<(string Input, string Output)>();
        foreach (var file in files)
        {
            if (InputFiles.Check(file.Input, hasRecursive: true) is { } problem)
            {
                Fail(file.Input, problem);
            }
            else
            {
                present.Add(file);
            }
        }

        return present;
    }

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(
        IReadOnlyList<(string Input, string Output)> files, ServiceChoice choice, CancellationToken cancellationToken)
    {
        await using var connection = await ServiceConnection.OpenAsync(choice, cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var degree = new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = stop.Token };
        try
        {
            await display.RunAsync(
                files.Count,
                () => Parallel.ForEachAsync(files, degree, (file, _) => OneAsync(connection.Client, file.Input, file.Output, stop)));
        }
        catch (OperationCanceledException) when (_stopCode != 0 && !cancellationToken.IsCancellationRequested)
        {
            return _stopCode;
        }

        return _failed > 0 ? ExitCode.SomeFailed : ExitCode.Done;
    }

    private async ValueTask OneAsync(DctNetClient client, string input, string output, CancellationTokenSource stop)
    {
        using var progress = display.Begin(input);
        var start = Stopwatch.GetTimestamp();
        try
        {
            var result = await client.CartoonizeFileAsync(input, output, options, progress, stop.Token);
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            display.Result(string.Create(CultureInfo.InvariantCulture, $"{input} -> {output}  {CartoonFacts.Of(result)}  {seconds:F1} s"));
        }
        catch (DctNetException e) when (ConcernsAll(e) is { } code)
        {
            // The other files would fail in the same way; the first says so for all.
            if (Interlocked.CompareExchange(ref _stopCode, code, 0) == 0)
            {
                display.Problem($"dctnet: {Guard.Describe(e)}");
                await stop.CancelAsync();
            }
        }
        catch (DctNetException e)
        {
            Fail(input, Guard.Describe(e));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(input, e.Message);
        }
    }

    private void Fail(string input, string problem)
    {
        Interlocked.Increment(ref _failed);
        display.Problem($"dctnet: {input}: {problem}");
    }

    private static int? ConcernsAll(DctNetException e) => e switch
    {
        { Reason: "UNKNOWN_STYLE" or "INVALID_OPTION" } => ExitCode.Usage,
        {
            StatusCode: StatusCode.Unavailable or StatusCode.Unimplemented or StatusCode.Unauthenticated or StatusCode.PermissionDenied
        } => ExitCode.ServerFailure,
        _ => null,
    };
}
