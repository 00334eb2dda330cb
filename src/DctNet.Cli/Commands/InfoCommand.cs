using System.CommandLine;
using DctNet.V1;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet info</c>.</summary>
internal static class InfoCommand
{
    private const string Notes = """
        Exit codes:
          0    done
          2    the command line is wrong
          3    the service cannot start or be reached
          130  interrupted
        """;

    public static Command Create()
    {
        var (server, models) = (CommonOptions.Server(), CommonOptions.Models());
        var command = new NotedCommand("info", "Tells what the service is: version, execution provider, limits") { Notes = Notes };
        ServiceChoice.AddTo(command, server, models);
        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            async () =>
            {
                var choice = new ServiceChoice(parsed.GetValue(server), parsed.GetValue(models), parsed.GetValue(CommonOptions.Verbose));
                await using var connection = await ServiceConnection.OpenAsync(choice, cancellation);
                var info = await connection.Client.GetServerInfoAsync(cancellation);
                await parsed.InvocationConfiguration.Output.WriteLineAsync(Text(info));
                return ExitCode.Done;
            },
            cancellation));
        return command;
    }

    private static string Text(GetServerInfoResponse info) => $"""
        version             {info.Version}
        instance            {info.InstanceId}
        execution provider  {info.ExecutionProvider}
        ONNX Runtime        {info.OnnxRuntimeVersion}
        watermark key       {info.WatermarkKeyId}{(info.DevelopmentKey ? " (for development)" : "")}
        reads               {string.Join(", ", info.InputMediaTypes)}
        writes              {string.Join(", ", info.OutputFormats.Select(f => f.ToString().ToLowerInvariant()))}
        upload limit        {info.Limits.MaxUploadBytes} bytes
        picture limit       {info.Limits.MaxPixels} pixels, longest side {info.Limits.MaxSidePixels}
        requests            {info.Limits.MaxConcurrentRequests} at once, {info.Limits.MaxQueuedRequests} waiting
        now                 {info.Load.InWork} pictures in work; {info.Load.Requests} single calls, {info.Load.WaitingInteractive} of them waiting; {info.Load.WaitingBulk} of bulk streams waiting
        idle timeout        {info.Limits.IdleTimeout.ToTimeSpan().TotalSeconds} s
        """;
}
