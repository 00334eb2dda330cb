namespace DctNet.ModelTools;

/// <summary>A file is damaged or not DCT-Net. Never leaves this project: the public methods make a failure of it.</summary>
/// <param name="message">What is wrong: a clause that ends a sentence.</param>
internal sealed class ModelFormatException(string message) : Exception(message);
