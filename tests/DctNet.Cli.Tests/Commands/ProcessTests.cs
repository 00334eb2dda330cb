using DctNet.Cli.Tests.Servers;

namespace DctNet.Cli.Tests.Commands;

public sealed class ProcessTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task An_interrupt_ends_with_130_and_leaves_no_part_of_a_file()
    {
        var working = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        await using var server = await ScriptedServer.StartAsync(async (upload, answer, context) =>
        {
            await Behaviours.ReadAsync(upload);
            await answer.WriteAsync(Behaviours.Header(new byte[5000]));
            await answer.WriteAsync(Behaviours.Chunk(new byte[1000]));
            using var registration = context.CancellationToken.Register(() => ended.TrySetResult());
            working.SetResult();
            await ended.Task;
        });
        using var process = DctnetProcess.Start(
            "cartoonize", _files.Add("x.jpg", "photo"), "-o", _files["out"], "--server", server.Address.ToString());

        await working.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
        await process.InterruptAsync(Cancelled);
        var result = await process.WaitAsync(Cancelled);

        Assert.Equal((130, "", "dctnet: interrupted\n"), (result.ExitCode, result.Output, result.Error));
        Assert.Empty(_files.Files("out"));
        await ended.Task.WaitAsync(TimeSpan.FromMinutes(1), Cancelled);
    }

    [Fact]
    public async Task Standard_output_has_results_and_nothing_else()
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.EchoUnlessBad);
        using var process = DctnetProcess.Start(
            "cartoonize", _files.Add("x.jpg", "photo"), _files.Add("y.jpg", "bad CORRUPT_IMAGE"), "-o", _files["out"],
            "--server", server.Address.ToString());

        var result = await process.WaitAsync(Cancelled);

        Assert.Equal(1, result.ExitCode);
        Assert.StartsWith($"{_files["x.jpg"]} -> {_files["out/x.png"]}  ", Assert.Single(result.Lines), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output);
    }

    [Fact]
    public async Task A_temporary_directory_too_deep_for_a_socket_is_named()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "TMPDIR is Unix's.");
        var deep = Directory.CreateDirectory(_files[new string('x', 150)]).FullName;

        // .NET's own socket for debuggers lies there too.
        using var process = DctnetProcess.Start([("TMPDIR", deep), ("DOTNET_EnableDiagnostics", "0")], ["styles"]);

        var result = await process.WaitAsync(Cancelled);

        Assert.Equal((3, ""), (result.ExitCode, result.Output));
        Assert.Contains("Set TMPDIR to a directory with a shorter path.", Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(deep));
    }

    [Fact]
    public async Task What_the_service_inside_warns_of_is_written_as_by_the_command()
    {
        using var process = DctnetProcess.Start("styles");

        var result = await process.WaitAsync(Cancelled);

        Assert.Equal(0, result.ExitCode);
        var lines = result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines, line => Assert.StartsWith("dctnet: ", line, StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("development key", StringComparison.Ordinal));
    }
}
