using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using DctNet.Cli.Bench;
using DctNet.Cli.Tests.Servers;
using DctNet.V1;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace DctNet.Cli.Tests.Commands;

public sealed class BenchCommandTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task Each_load_has_its_line_and_every_picture_is_accounted_for()
    {
        // The first picture, before any load, is answered; then every third is refused and the others are answered.
        var calls = 0;
        await using var server = await ScriptedServer.StartAsync(async (upload, answer, context) =>
        {
            await Behaviours.ReadAsync(upload);
            if (Interlocked.Increment(ref calls) % 3 == 0)
            {
                throw Overloaded();
            }

            await answer.WriteAsync(Behaviours.Header([1, 2, 3]));
            await answer.WriteAsync(Behaviours.Chunk([1, 2, 3]));
        });
        var (csv, json, plot) = (_files["b.csv"], _files["b.json"], _files["b.svg"]);

        var result = await Dctnet.RunAsync(
            "bench", _files.Add("x.jpg", "photo"), "--server", server.Address.ToString(), "--callers", "2", "--rate", "200", "--duration", "1",
            "--warm-up", "0", "--csv", csv, "--json", json, "--plot", plot);

        Assert.Equal(0, result.ExitCode);
        Assert.StartsWith("load ", result.Lines[0], StringComparison.Ordinal);
        Assert.StartsWith("2 callers ", result.Lines[1], StringComparison.Ordinal);
        Assert.StartsWith("200/s ", result.Lines[2], StringComparison.Ordinal);
        Assert.Equal(3, (await File.ReadAllLinesAsync(csv, TestContext.Current.CancellationToken)).Length);
        var sent = 0;
        foreach (var line in await File.ReadAllLinesAsync(json, TestContext.Current.CancellationToken))
        {
            using var load = JsonDocument.Parse(line);
            int Of(string name) => load.RootElement.GetProperty(name).GetInt32();
            Assert.Equal(Of("sent"), Of("ok") + Of("refused"));
            Assert.InRange(Of("refused"), (Of("sent") / 3) - 2, (Of("sent") / 3) + 2);
            sent += Of("sent");
        }

        Assert.Equal(calls, sent + 1);
        Assert.Equal(2, XDocument.Load(plot).Descendants().Count(e => e.Name.LocalName == "polyline"));
    }

    [Fact]
    public async Task A_failing_server_shows_in_the_exit_code_and_its_first_error()
    {
        var calls = 0;
        await using var server = await ScriptedServer.StartAsync(async (upload, answer, context) =>
        {
            await Behaviours.EchoUnlessBad(upload, answer, context);
            if (Interlocked.Increment(ref calls) > 1)
            {
                throw new RpcException(new Grpc.Core.Status(StatusCode.Internal, "broken"));
            }
        });

        var result = await Dctnet.RunAsync(
            "bench", _files.Add("x.jpg", "photo"), "--server", server.Address.ToString(), "--callers", "1", "--duration", "1", "--warm-up", "0");

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the first failure was: broken", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_server_is_posted_the_same_pictures()
    {
        // The first picture, before any load, is answered; then refusals of both kinds and cartoons take turns.
        var calls = 0;
        var bodies = new ConcurrentBag<string>();
        await using var server = await StartHttpAsync(async context =>
        {
            using var body = new StreamReader(context.Request.Body);
            bodies.Add($"{context.Request.Method} {context.Request.Path} {await body.ReadToEndAsync()}");
            context.Response.StatusCode = (Interlocked.Increment(ref calls) % 3) switch { 0 => 429, 2 => 503, _ => 200 };
        });
        var json = _files["b.json"];

        var result = await Dctnet.RunAsync(
            "bench", _files.Add("x.jpg", "photo"), "--http", Url(server, "/draw"), "--callers", "2", "--duration", "1", "--warm-up", "0", "--json", json);

        Assert.Equal(0, result.ExitCode);
        using var load = JsonDocument.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken));
        int Of(string name) => load.RootElement.GetProperty(name).GetInt32();
        Assert.Equal(calls, Of("sent") + 1);
        Assert.Equal(Of("sent"), Of("ok") + Of("refused"));
        Assert.InRange(Of("ok"), (Of("sent") / 3) - 1, (Of("sent") / 3) + 1);
        Assert.Equal(JsonValueKind.Null, load.RootElement.GetProperty("computeP50").ValueKind);
        Assert.Equal("POST /draw photo", Assert.Single(bodies.Distinct()));
    }

    [Fact]
    public async Task What_another_server_answers_wrongly_is_no_cartoon()
    {
        // The first picture, before any load, is answered.
        var calls = 0;
        await using var server = await StartHttpAsync(context =>
        {
            context.Response.StatusCode = Interlocked.Increment(ref calls) == 1 ? 200 : 500;
            return Task.CompletedTask;
        });
        var json = _files["b.json"];

        var result = await Dctnet.RunAsync(
            "bench", _files.Add("x.jpg", "photo"), "--http", Url(server, "/"), "--callers", "1", "--duration", "1", "--warm-up", "0", "--json", json);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("the first failure was: HTTP 500", result.Output, StringComparison.Ordinal);
        using var load = JsonDocument.Parse(await File.ReadAllTextAsync(json, TestContext.Current.CancellationToken));
        Assert.Equal((0, calls - 1), (Number("ok"), Number("failed")));

        int Number(string name) => load.RootElement.GetProperty(name).GetInt32();
    }

    [Fact]
    public async Task What_another_server_does_not_answer_within_the_deadline_is_late()
    {
        await using var server = await StartHttpAsync(context => Task.Delay(Timeout.Infinite, context.RequestAborted));
        await using var target = new HttpTarget(new Uri(Url(server, "/")), TimeSpan.FromSeconds(1));

        var answer = await target.SendAsync([1, 2, 3], TestContext.Current.CancellationToken);

        Assert.Equal((AttemptEnd.Late, $"{Url(server, "/")} did not answer within 1 s."), (answer.End, answer.Error));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_server_that_is_not_there_is_said_before_any_load(bool http)
    {
        var result = await Dctnet.RunAsync("bench", _files.Add("x.jpg", "photo"), http ? "--http" : "--server", "http://127.0.0.1:1");

        Assert.Equal(3, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.StartsWith("dctnet: ", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("png", ImageFormat.Png)]
    [InlineData("webp", ImageFormat.Webp)]
    [InlineData(null, ImageFormat.Jpeg)]
    public async Task The_encoding_of_the_results_is_chosen(string? format, ImageFormat expected)
    {
        await using var server = await ScriptedServer.StartAsync(Behaviours.Echo);
        string[] choice = format is null ? [] : ["--format", format];

        var result = await Dctnet.RunAsync(
            ["bench", _files.Add("x.jpg", "photo"), "--server", server.Address.ToString(), "--callers", "1", "--duration", "1", "--warm-up", "0", .. choice]);

        Assert.Equal(0, result.ExitCode);
        Assert.All(server.Calls.Headers, header => Assert.Equal(expected, header.Options.Format));
    }

    [Theory]
    [InlineData("--http", "ftp://host/")]
    [InlineData("--http", "draw")]
    [InlineData("--http http://host/ --server", "http://host:1")]
    [InlineData("--http http://host/ --format", "png")]
    [InlineData("--http http://host/ --style", "anime")]
    public async Task Options_of_the_service_are_not_for_another_server(string options, string value)
    {
        var result = await Dctnet.RunAsync(["bench", "x.jpg", .. options.Split(' '), value]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--http", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pictures_are_sent_in_one_way_at_a_time()
    {
        var result = await Dctnet.RunAsync("bench", "x.jpg", "--unary", "--bulk");

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--bulk", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--callers", "0")]
    [InlineData("--callers", "1,,2")]
    [InlineData("--rate", "-1")]
    [InlineData("--rate", "fast")]
    [InlineData("--sides", "10")]
    public async Task A_wrong_load_is_a_usage_error(string option, string value)
    {
        var result = await Dctnet.RunAsync("bench", "x.jpg", option, value);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains(value, result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5, 5)]
    [InlineData(0.9, 9)]
    [InlineData(0.91, 10)]
    [InlineData(1, 10)]
    public void Percentiles_are_of_the_nearest_rank(double share, double expected)
        => Assert.Equal(expected, StepResult.Percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], share));

    [Fact]
    public void A_plot_of_nothing_is_still_a_plot()
    {
        var nothing = StepResult.From(new BenchStep.Open(2), TimeSpan.FromSeconds(1), [new Attempt(AttemptEnd.Late, 9, 0, 0)], null);

        Assert.Null(nothing.P50);
        Assert.NotNull(XDocument.Parse(LatencyPlot.Svg([nothing], "a < b")));
        Assert.EndsWith(",,,,,,,,\r\n".ToString(CultureInfo.InvariantCulture), BenchReport.Csv([nothing]), StringComparison.Ordinal);
    }

    private static async Task<WebApplication> StartHttpAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static string Url(WebApplication server, string path) => server.Urls.Single() + path;

    private static RpcException Overloaded() => new Google.Rpc.Status
    {
        Code = (int)Code.ResourceExhausted,
        Details = { Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)) }) },
    }.ToRpcException();
}
