using System.Diagnostics;
using Xunit;

namespace DctNet.Core.Tests.Inference;

public class TelemetryTests
{
    private const string OneTest =
        $"DctNet.Core.Tests.Inference.{nameof(NetworkSessionTests)}.{nameof(NetworkSessionTests.The_bundled_face_network_runs)}";

    /// <summary>
    /// ONNX Runtime 1.31 keeps its uploader's files in <c>~/.cache/Microsoft/DeveloperTools/.onnxruntime</c>. A fresh process with a home
    /// of its own loads and runs a network; then there must be nothing of the kind.
    /// </summary>
    [Fact]
    public async Task Running_a_network_leaves_no_telemetry_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The location of the files is known for Linux.");
        using var home = new TemporaryDirectory();
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "DctNet.Core.Tests"))
        {
            ArgumentList = { "-noColor", "-method", OneTest },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = home.Path;
        start.Environment.Remove("XDG_CACHE_HOME");
        start.Environment.Remove("ORT_DISABLE_TELEMETRY");

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, output + await errors);
        Assert.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", output, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.EnumerateFileSystemEntries(home.Path, "*", SearchOption.AllDirectories),
            path => path.Contains("onnxruntime", StringComparison.Ordinal) || path.Contains("DeveloperTools", StringComparison.Ordinal));
    }
}
