using System.Diagnostics;
using DctNet.Cli.Tests.Servers;
using DctNet.Core;
using DctNet.Core.Cartoon;
using DctNet.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;

namespace DctNet.Service.Tests;

/// <summary>Models exchanged under a running server.</summary>
[Collection(AloneGroup.Name)]
public sealed class ModelReloadTests : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _models = Directory.CreateTempSubdirectory("dctnet-models-");

    public ModelReloadTests()
    {
        var bundled = Path.Combine(TestEnvironment.Root, "models");
        Directory.CreateDirectory(Path.Combine(_models.FullName, "face"));
        foreach (var file in new[] { "catalog.json", "cartoon.onnx", "face/blazeface-256.onnx" })
        {
            File.Copy(Path.Combine(bundled, file), Path.Combine(_models.FullName, file));
        }
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    private string Catalog => Path.Combine(_models.FullName, "catalog.json");

    public void Dispose() => _models.Delete(recursive: true);

    [Fact]
    public async Task New_models_are_taken_up_without_losing_a_call()
    {
        await using var server = await TestServer.StartAsync($"Models:Directory={_models.FullName}", "Models:ReloadSeconds=1");
        var before = await DefaultStyleAsync(server);
        using var enough = new CancellationTokenSource();
        var calls = Enumerable.Range(0, 2).Select(_ => CallUntilAsync(server, enough.Token)).ToArray();

        MakeDefault(before == "sketch" ? "artstyle" : "sketch");
        await UntilAsync(async () => await DefaultStyleAsync(server) != before);
        await enough.CancelAsync();

        // Every call of the loops succeeded, or this would throw.
        Assert.All(await Task.WhenAll(calls).WaitAsync(s_patience, Cancelled), made => Assert.True(made > 0));
        var (header, _) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 256 });
        Assert.NotEqual(before, header.Style);
    }

    [Fact]
    public async Task A_hang_up_exchanges_the_models_and_the_server_lives()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Windows has no SIGHUP, and env elsewhere no --default-signal.");
        using var port = KeptPort.Choose();

        // Who runs the tests with nohup has SIGHUP ignored in all that they start.
        var start = new ProcessStartInfo("env")
        {
            ArgumentList =
            {
                "--default-signal=HUP", "dotnet", Path.Combine(AppContext.BaseDirectory, "DctNet.Server.dll"),
                $"--DctNet:Ports:Grpc={port.Number}", "--DctNet:Ports:Http=-1", "--DctNet:Ports:Ops=-1", "--Logging:LogLevel:Default=Error",
                $"--DctNet:Models:Directory={_models.FullName}", "--DctNet:Models:ReloadSeconds=0",
            },
            Environment = { [DataDirectory.EnvironmentVariable] = Path.Combine(_models.FullName, "home") },
        };
        using var server = Process.Start(start)!;
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            patience.CancelAfter(s_patience);
            var call = new CallOptions(cancellationToken: patience.Token).WithWaitForReady();
            using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port.Number}");
            await Eventually.HoldsAsync(async () => Assert.Equal(
                HealthCheckResponse.Types.ServingStatus.Serving, (await new Health.HealthClient(channel).CheckAsync(new(), call)).Status));
            var before = await DefaultStyleAsync(channel);
            var after = before == "sketch" ? "artstyle" : "sketch";
            MakeDefault(after);
            Assert.Equal(before, await DefaultStyleAsync(channel));

            using var kill = Process.Start("kill", ["-HUP", $"{server.Id}"]);
            await kill.WaitForExitAsync(Cancelled);
            Assert.Equal(0, kill.ExitCode);

            await Eventually.HoldsAsync(async () => Assert.Equal(after, await DefaultStyleAsync(channel)));
            Assert.False(server.HasExited);
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(Cancelled);
        }
    }

    [Theory]
    [InlineData("cut off")]
    [InlineData("changed")]
    [InlineData("no catalog")]
    public async Task Bad_models_leave_the_old_ones_in_place(string fault)
    {
        await using var server = await TestServer.StartAsync($"Models:Directory={_models.FullName}");
        var host = server.Services.GetRequiredService<ModelHost>();
        var network = Path.Combine(_models.FullName, "cartoon.onnx");
        switch (fault)
        {
            case "cut off":
                File.WriteAllBytes(network, File.ReadAllBytes(network)[..10_000]);
                break;
            case "changed":
                var bytes = File.ReadAllBytes(network);
                bytes[^1] ^= 1;
                File.WriteAllBytes(network, bytes);
                break;
            default:
                File.WriteAllText(Catalog, "{ \"networks\": [");
                break;
        }

        var refused = host.Reload(evenIfUnchanged: false, Cancelled);
        var again = host.Reload(evenIfUnchanged: false, Cancelled);

        Assert.NotNull(refused.Failure);
        Assert.True(again.TryGet(out var exchanged, out _));
        Assert.False(exchanged);
        await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 256 });
    }

    [Fact]
    public async Task Nothing_happens_while_nothing_has_changed()
    {
        await using var server = await TestServer.StartAsync($"Models:Directory={_models.FullName}");
        var host = server.Services.GetRequiredService<ModelHost>();
        var catalog = host.Catalog;
        File.WriteAllText(Path.Combine(_models.FullName, ".network.download"), "half of one");

        Assert.True(host.Reload(evenIfUnchanged: false, Cancelled).TryGet(out var exchanged, out _));
        Assert.False(exchanged);
        Assert.Same(catalog, host.Catalog);

        Assert.True(host.Reload(evenIfUnchanged: true, Cancelled).TryGet(out exchanged, out _));
        Assert.True(exchanged);
        Assert.NotSame(catalog, host.Catalog);
    }

    private static Task<string> DefaultStyleAsync(TestServer server) => DefaultStyleAsync(server.Channel);

    private static async Task<string> DefaultStyleAsync(GrpcChannel channel) =>
        (await new CartoonService.CartoonServiceClient(channel).ListStylesAsync(new ListStylesRequest(), cancellationToken: Cancelled)).DefaultStyle;

    private static async Task<int> CallUntilAsync(TestServer server, CancellationToken enough)
    {
        var made = 0;
        do
        {
            await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 256 });
            made++;
        }
        while (!enough.IsCancellationRequested);

        return made;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(s_patience);
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }

    /// <summary>As a careful operator does: the new file appears whole.</summary>
    private void MakeDefault(string style)
    {
        var text = File.ReadAllText(Catalog);
        var next = Catalog + ".next";
        var changed = System.Text.RegularExpressions.Regex.Replace(text, "\"defaultStyle\":\\s*\"[^\"]*\"", $"\"defaultStyle\": \"{style}\"");
        Assert.NotEqual(text, changed);
        File.WriteAllText(next, changed);
        File.Move(next, Catalog, overwrite: true);
    }
}
