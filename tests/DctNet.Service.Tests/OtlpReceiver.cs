using System.Buffers.Binary;
using System.Net;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace DctNet.Service.Tests;

/// <summary>A collector that takes OTLP/gRPC traces on a real port and reads of each span what the tests ask for.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<List<Span>> _batches = Channel.CreateUnbounded<List<Span>>();

    private OtlpReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.MapPost("/opentelemetry.proto.collector.trace.v1.TraceService/Export", ExportAsync);
        _app.MapPost("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", AcknowledgeAsync);
    }

    public string Endpoint => _app.Urls.Single();

    public static async Task<OtlpReceiver> StartAsync()
    {
        var receiver = new OtlpReceiver();
        await receiver._app.StartAsync();
        return receiver;
    }

    /// <summary>All spans up to the end of the batch in which one satisfies the condition; within a batch they have no order.</summary>
    public async Task<List<Span>> ReadUntilAsync(Predicate<Span> last, CancellationToken cancellation)
    {
        var spans = new List<Span>();
        while (!spans.Exists(last))
        {
            spans.AddRange(await _batches.Reader.ReadAsync(cancellation));
        }

        return spans;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static Task AcknowledgeAsync(HttpContext context)
    {
        // An empty response message: flag 0, length 0.
        context.Response.ContentType = "application/grpc";
        context.Response.AppendTrailer("grpc-status", "0");
        return context.Response.Body.WriteAsync(new byte[5]).AsTask();
    }

    private async Task ExportAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var frame = body.ToArray();
        var request = frame.AsSpan(5, BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(1))).ToArray();
        _batches.Writer.TryWrite([.. Spans(request)]);
        await AcknowledgeAsync(context);
    }

    /// <summary>ExportTraceServiceRequest.resource_spans = 1, ResourceSpans.scope_spans = 2, ScopeSpans.spans = 2.</summary>
    private static IEnumerable<Span> Spans(byte[] request) =>
        Fields(request, 1).SelectMany(resource => Fields(resource, 2)).SelectMany(scope => Fields(scope, 2)).Select(ReadSpan);

    /// <summary>Span: trace_id = 1, span_id = 2, parent_span_id = 4, name = 5, attributes = 9; KeyValue: key = 1, value = 2 (string = 1, int = 3).</summary>
    private static Span ReadSpan(byte[] span)
    {
        var attributes = Fields(span, 9).ToDictionary(
            attribute => Text(Fields(attribute, 1)), attribute => ReadValue(Fields(attribute, 2).Single()));
        return new Span(Hex(Fields(span, 1)), Hex(Fields(span, 2)), Hex(Fields(span, 4)), Text(Fields(span, 5)), attributes);
    }

    private static string ReadValue(byte[] value)
    {
        var input = new CodedInputStream(value);
        return WireFormat.GetTagFieldNumber(input.ReadTag()) switch
        {
            1 => input.ReadString(),
            2 => input.ReadBool().ToString(),
            3 => input.ReadInt64().ToString(System.Globalization.CultureInfo.InvariantCulture),
            _ => "",
        };
    }

    private static string Hex(IEnumerable<byte[]> field) => Convert.ToHexStringLower(field.SingleOrDefault() ?? []);

    private static string Text(IEnumerable<byte[]> field) => System.Text.Encoding.UTF8.GetString(field.SingleOrDefault() ?? []);

    private static List<byte[]> Fields(byte[] message, int number)
    {
        var fields = new List<byte[]>();
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            if (WireFormat.GetTagFieldNumber(tag) == number)
            {
                fields.Add(input.ReadBytes().ToByteArray());
            }
            else
            {
                input.SkipLastField();
            }
        }

        return fields;
    }

    internal sealed record Span(string TraceId, string Id, string ParentId, string Name, IReadOnlyDictionary<string, string> Attributes);
}
