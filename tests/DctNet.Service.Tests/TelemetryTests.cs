using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using DctNet.Service.Scheduling;
using DctNet.Service.Tests.Bulk;
using DctNet.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace DctNet.Service.Tests;

/// <summary>What operators see.</summary>
[Collection(AloneGroup.Name)]
public sealed class TelemetryTests
{
    [Fact]
    public async Task A_request_is_one_trace_with_a_span_for_each_stage()
    {
        await using var receiver = await OtlpReceiver.StartAsync();
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.Endpoint);
        Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_TIMEOUT", "60000");
        Environment.SetEnvironmentVariable("OTEL_BSP_SCHEDULE_DELAY", "100");
        try
        {
            await using var server = await TestServer.StartAsync();
            await server.CartoonizeAsync(TestEnvironment.Sample);

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromMinutes(1));
            var spans = await receiver.ReadUntilAsync(IsRequest, limit.Token);

            var root = Assert.Single(spans, IsRequest);
            var trace = spans.Where(span => span.TraceId == root.TraceId).ToList();
            Assert.All(trace, span => Assert.Equal("anonymous", span.Attributes["dctnet.tenant"]));

            // The stages in their order, all children of the request.
            string[] stages = ["queue", "probe", "decode", "find-parent", "stylize", "watermark", "hash", "label", "encode", "sign", "record"];
            Assert.Equal(stages, trace.Where(span => span.ParentId == root.Id).Select(span => span.Name));

            // Inside stylize: the background, the faces, and a head for the one face of the sample.
            var stylize = Assert.Single(trace, span => span.Name == "stylize");
            var inner = trace.Where(span => span.ParentId == stylize.Id).ToList();
            Assert.Single(inner, span => span.Name == "detect-faces");
            Assert.Single(inner, span => span.Name == "infer" && span.Attributes["dctnet.pass"] == "background");
            Assert.Single(inner, span => span.Name == "infer" && span.Attributes["dctnet.pass"] == "head");
        }
        finally
        {
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT", null);
            Environment.SetEnvironmentVariable("OTEL_EXPORTER_OTLP_TIMEOUT", null);
            Environment.SetEnvironmentVariable("OTEL_BSP_SCHEDULE_DELAY", null);
        }
    }

    [Fact]
    public async Task Prometheus_finds_stages_outcomes_bytes_and_what_is_in_flight()
    {
        await using var server = await TestServer.StartAsync();
        var (header, _) = await server.CartoonizeAsync(TestEnvironment.Sample, new CartoonizeOptions { MaxSide = 256 });
        await RpcAssert.FailsAsync(
            StatusCode.InvalidArgument, "UNSUPPORTED_FORMAT", () => server.CartoonizeAsync("no picture"u8.ToArray()));

        using var http = new HttpClient();
        await Eventually.HoldsAsync(async () =>
        {
            var metrics = await http.GetStringAsync(new Uri(server.Ops, "/metrics"), TestContext.Current.CancellationToken);
            foreach (var stage in (string[])["queue", "probe", "decode", "stylize", "detect-faces", "infer", "watermark", "label", "encode", "sign", "record"])
            {
                Has($$"""(?m)^dctnet_stage_duration_seconds_count\{[^}]*stage="{{stage}}"[^}]*\} [1-9]""");
            }

            Has($$"""(?m)^dctnet_pictures_total\{[^}]*outcome="OK"[^}]*style="{{header.Style}}"[^}]*\} 1\b""");
            Has("""(?m)^dctnet_pictures_total\{[^}]*outcome="UNSUPPORTED_FORMAT"[^}]*\} 1\b""");
            Has(
                """(?m)^rpc_server_call_duration_seconds_count\{[^}]*error_type="UNSUPPORTED_FORMAT"[^}]*status_code="INVALID_ARGUMENT"[^}]*\} 1\b""");
            Has("""(?m)^dctnet_pictures_in_flight\{[^}]*\} 0\b""");
            Has($$"""(?m)^dctnet_picture_io_bytes_total\{[^}]*direction="in"[^}]*\} [1-9]""");
            Has($$"""(?m)^dctnet_picture_io_bytes_total\{[^}]*direction="out"[^}]*\} {{header.TotalBytes}}\b""");

            void Has([StringSyntax(StringSyntaxAttribute.Regex)] string pattern) =>
                Assert.True(Regex.IsMatch(metrics, pattern), $"{pattern} is nowhere in:\n{metrics}");
        });
    }

    [Fact]
    public async Task Who_waits_for_a_place_is_told_by_lane()
    {
        await using var server = await TestServer.StartAsync("Limits:MaxConcurrentRequests=1");
        await server.UntilReadyAsync();
        await LoadIsAsync(server, new Load());
        var only = await server.Services.GetRequiredService<Admission>()
            .WaitForPlaceAsync(new Work(Lane.Interactive, DecodedBytes: 0, DateTime.MaxValue), TestContext.Current.CancellationToken);
        Assert.True(only.TryGet(out var place, out _));
        using var call = await BulkCall.StartAsync(server);
        await call.SendWholeAsync("a", BulkCall.Picture(1));
        var singles = Enumerable.Range(2, 2).Select(i => server.CartoonizeAsync(BulkCall.Picture(i))).ToArray();

        await LoadIsAsync(server, new Load { Requests = 2, InWork = 1, WaitingInteractive = 2, WaitingBulk = 1 });

        place.Dispose();
        await Task.WhenAll(singles);
        await call.ResultAsync();
        await LoadIsAsync(server, new Load());
    }

    [Fact]
    public async Task Calls_are_counted_by_the_methods_name_however_it_is_spelled_and_in_buckets_of_seconds()
    {
        await using var server = await TestServer.StartAsync();
        var method = new Method<GetServerInfoRequest, GetServerInfoResponse>(
            MethodType.Unary,
            "DCTNET.v1.ServerInfoService",
            "getServerINFO",
            Marshallers.Create(request => request.ToByteArray(), GetServerInfoRequest.Parser.ParseFrom),
            Marshallers.Create(response => response.ToByteArray(), GetServerInfoResponse.Parser.ParseFrom));
        await server.Channel.CreateCallInvoker()
            .AsyncUnaryCall(method, null, new CallOptions(cancellationToken: TestContext.Current.CancellationToken), new GetServerInfoRequest());

        using var http = new HttpClient();
        await Eventually.HoldsAsync(async () =>
        {
            var metrics = await http.GetStringAsync(new Uri(server.Ops, "/metrics"), TestContext.Current.CancellationToken);
            Assert.Matches("""(?m)^rpc_server_call_duration_seconds_bucket\{[^}]*rpc_method="dctnet.v1.ServerInfoService/GetServerInfo"[^}]*le="0.25"[^}]*\} 1\b""", metrics);
            Assert.DoesNotContain("DCTNET", metrics, StringComparison.Ordinal);
        });
    }

    /// <summary>What callers and what operators are told.</summary>
    private static async Task LoadIsAsync(TestServer server, Load expected)
    {
        var client = new ServerInfoService.ServerInfoServiceClient(server.Channel);
        using var http = new HttpClient();
        await Eventually.HoldsAsync(async () =>
        {
            var info = await client.GetServerInfoAsync(new GetServerInfoRequest(), cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal(expected, info.Load);
            var metrics = await http.GetStringAsync(new Uri(server.Ops, "/metrics"), TestContext.Current.CancellationToken);
            Assert.Matches($$"""(?m)^dctnet_requests_inside\{[^}]*\} {{expected.Requests}}\b""", metrics);
            Assert.Matches($$"""(?m)^dctnet_places_taken\{[^}]*\} {{expected.InWork}}\b""", metrics);
            Assert.Matches($$"""(?m)^dctnet_queue_waiting\{[^}]*lane="interactive"[^}]*\} {{expected.WaitingInteractive}}\b""", metrics);
            Assert.Matches($$"""(?m)^dctnet_queue_waiting\{[^}]*lane="bulk"[^}]*\} {{expected.WaitingBulk}}\b""", metrics);
        });
    }

    private static bool IsRequest(OtlpReceiver.Span span) => span.Name.Contains("Cartoonize", StringComparison.Ordinal);
}
