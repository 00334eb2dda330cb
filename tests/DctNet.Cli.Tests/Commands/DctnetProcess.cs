using System.Diagnostics;

namespace DctNet.Cli.Tests.Commands;

/// <summary>The real executable in a process of its own.</summary>
internal sealed class DctnetProcess : IDisposable
{
    /// <summary>A process that hangs fails its test instead of the whole run; thousands of pictures take some minutes on a busy machine.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(20);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private DctnetProcess(Process process)
        => (_process, _output, _error) = (process, process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());

    public static DctnetProcess Start(params string[] args) => Start([], args);

    /// <param name="environment">Variables beside those of this process.</param>
    /// <param name="args">The arguments after the program's name.</param>
    public static DctnetProcess Start((string Name, string Value)[] environment, string[] args)
    {
        // A test run in the background of a shell ignores SIGINT, and its children inherit that.
        string[] dotnet = ["--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, "dctnet.dll"), .. args];
        var start = new ProcessStartInfo(OperatingSystem.IsLinux() ? "env" : "dotnet", OperatingSystem.IsLinux() ? dotnet : dotnet[2..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new DctnetProcess(Process.Start(start)!);
    }

    public bool HasExited => _process.HasExited;

    /// <summary>As <c>kill -9</c>.</summary>
    public void Kill() => _process.Kill(entireProcessTree: true);

    /// <summary>As Ctrl-C does.</summary>
    public async Task InterruptAsync(CancellationToken cancellationToken)
    {
        using var kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
        await kill.WaitForExitAsync(cancellationToken);
    }

    public async Task<DctnetResult> WaitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(s_patience, cancellationToken);
        return new DctnetResult(_process.ExitCode, await _output, await _error);
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }
}
