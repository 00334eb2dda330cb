using System.CommandLine;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet watermark</c>: local commands for any picture, without a service and without a network.</summary>
internal static class WatermarkCommand
{
    public static Command Create() => new("watermark", "Marks pictures and finds marks, on this machine, without a model")
    {
        WatermarkEmbedCommand.Create(),
        WatermarkDetectCommand.Create(),
        WatermarkAttackCommand.Create(),
        WatermarkEvaluateCommand.Create(),
    };
}
